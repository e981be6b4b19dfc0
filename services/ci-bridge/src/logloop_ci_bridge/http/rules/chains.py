"""Chains under /api/v1/ci/chains: what started, why, and what it caused."""

from fastapi import APIRouter, Query
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, problems
from logloop_chassis.ids import RecordId

from logloop_ci_bridge.chains.chain import Chain, ChainSummary
from logloop_ci_bridge.http.callers import CurrentCaller, next_cursor

router = APIRouter(prefix="/api/v1/ci/chains", tags=["chains"])


class ChainPage(Page[ChainSummary]):
    """Chains, the newest first."""


@router.get("", summary="List chains", operation_id="chain_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    rule_id: str | None = Query(None, max_length=64, description="Only chains that this rule began."),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> ChainPage:
    """List the chains of a project with the state of each step.

    A chain begins with a dispatch that no earlier one caused, and contains every dispatch that its runs caused.
    """
    caller.may_read(project_id)
    items = await caller.services.chains.page(
        project_id, limit=limit, before=decode_id_cursor(cursor), rule_id=rule_id
    )
    return ChainPage(items=list(items), next_cursor=next_cursor(items, limit))


@router.get("/{chain_id}", summary="Get a chain", operation_id="chain_read", responses=problems(404))
async def get(chain_id: RecordId, caller: CurrentCaller) -> Chain:
    """Return a chain: each cause, what the rule saw, the dispatch, its run with steps, and the first lines of output.

    The id of any of its dispatches works. Logs are read from query; without it, they are missing.
    """
    found = await caller.stores.dispatches.find(chain_id)
    start = caller.allowed(found, f"there is no chain {chain_id[:64]!r}")
    await caller.services.evaluations.flush()
    return await caller.services.chains.read(start)
