"""Builds the parts of ci-bridge and connects them."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from logloop_chassis.clock import CLOCK
from logloop_chassis.crypto import SecretBox
from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.state import Resources

from logloop_ci_bridge.actions.runner import ActionRunner
from logloop_ci_bridge.actions.store import RequestStore
from logloop_ci_bridge.audit.reporter import ChangeReporter
from logloop_ci_bridge.audit.store import ChangeOutbox
from logloop_ci_bridge.chains.reader import ChainReader
from logloop_ci_bridge.dispatches.dispatcher import Dispatcher
from logloop_ci_bridge.dispatches.pause_store import PauseStore
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.emulations.approval_store import ApprovalStore
from logloop_ci_bridge.emulations.gateway import EmulatorGateway
from logloop_ci_bridge.emulations.store import EmulationStore
from logloop_ci_bridge.github.app_setup import AppSetupGateway
from logloop_ci_bridge.github.app_states import AppStates
from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.credential_check import CredentialCheck
from logloop_ci_bridge.github.gateway import ConsoleGateway, Gateway, GatewayOf
from logloop_ci_bridge.github.rest_gateway import RestGateway
from logloop_ci_bridge.notifications.delivery import Sender
from logloop_ci_bridge.notifications.notifier import Notifier
from logloop_ci_bridge.notifications.receivers import Receiver
from logloop_ci_bridge.notifications.store import NotificationStore
from logloop_ci_bridge.project_removal import ProjectRemoval
from logloop_ci_bridge.query_client import QueryClient
from logloop_ci_bridge.record_store import RecordStore, VersionStore
from logloop_ci_bridge.rules.evaluation.active_rules import ActiveRules
from logloop_ci_bridge.rules.evaluation.evaluation_buffer import EvaluationBuffer
from logloop_ci_bridge.rules.evaluation.evaluator import RuleEvaluator
from logloop_ci_bridge.rules.evaluation.state_store import RuleStateStore
from logloop_ci_bridge.rules.firing.firing import RuleFirer
from logloop_ci_bridge.rules.firing.history_store import RuleHistoryStore
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.runs.output_store import RunOutputStore
from logloop_ci_bridge.runs.problem_matchers import StoredMatcher
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.runs.tracker import RunTracker
from logloop_ci_bridge.runs.webhook_receiver import WebhookReceiver
from logloop_ci_bridge.settings import CiBridgeSettings
from logloop_ci_bridge.workflows.reader import WorkflowReader
from logloop_ci_bridge.workflows.store import WorkflowStore
from logloop_ci_bridge.workflows.sync import WorkflowSync

BACK_TESTS = 2
"""Back-tests at the same time: each may evaluate 200,000 logs, in the process that evaluates all rules."""


@dataclass(frozen=True)
class Stores:
    """The collections of ci-bridge."""

    templates: RecordStore[Template]
    template_versions: VersionStore[Template]
    pipelines: RecordStore[Pipeline]
    rules: RecordStore[Rule]
    dispatches: DispatchStore
    rule_states: RuleStateStore
    rule_history: RuleHistoryStore
    runs: RunStore
    run_outputs: RunOutputStore
    matchers: RecordStore[StoredMatcher]
    workflows: WorkflowStore
    pauses: PauseStore
    receivers: RecordStore[Receiver]
    notifications: NotificationStore
    requests: RequestStore
    emulations: EmulationStore
    changes: ChangeOutbox
    approvals: ApprovalStore


@dataclass(frozen=True)
class CiBridgeServices:
    """The parts that request handlers, consumers and background loops use."""

    stores: Stores
    query: QueryClient
    github_check: CredentialCheck
    app_setup: AppSetupGateway
    app_states: AppStates
    active_rules: ActiveRules
    evaluations: EvaluationBuffer
    evaluator: RuleEvaluator
    dispatcher: Dispatcher
    run_tracker: RunTracker
    webhooks: WebhookReceiver
    project_removal: ProjectRemoval
    chains: ChainReader
    workflow_sync: WorkflowSync
    workflow_reader: WorkflowReader
    notifier: Notifier
    actions: ActionRunner
    change_reporter: ChangeReporter
    sender: Sender
    secret_box: SecretBox
    egress: EgressGuard
    gateway_of: GatewayOf
    public_url: str
    emulates: bool
    back_tests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BACK_TESTS))
    back_tested: set[str] = field(default_factory=set)
    """Projects whose back-test runs: each may run one, so that none holds every slot."""

    def logs_page(self, project_id: str) -> str:
        """Return the URL of the log viewer of a project."""
        return f"{self.public_url.rstrip('/')}/projects/{project_id}/logs"


async def build_services(resources: Resources[CiBridgeSettings], stack: AsyncExitStack) -> CiBridgeServices:
    """Build everything, with clients that close with `stack`. Waits until MongoDB answers."""
    settings = resources.settings
    stores = await _open_stores(resources)
    query = QueryClient(settings.query_url, settings.secret_key.get_secret_value())
    github = _github_client(settings)
    stack.push_async_callback(query.close)
    stack.push_async_callback(github.close)
    gateway_of = _gateways(query, github, stores, settings)
    dispatcher = _dispatcher(resources, stores, gateway_of)
    run_tracker = _run_tracker(resources, stores, gateway_of)
    evaluations = EvaluationBuffer(stores.rule_states, stores.rule_history)
    egress = EgressGuard(settings.egress_allow, loopback=settings.is_local)
    secret_box = SecretBox(settings.secret_key.get_secret_value())
    sender = Sender(egress, secret_box, settings.public_url)
    stack.push_async_callback(sender.close)
    notifier = Notifier(stores.notifications, stores.pauses, stores.receivers, sender, lease_s=settings.ci_lease)
    actions = ActionRunner(stores.requests, stores.pauses, query, stores.runs, gateway_of, lease_s=settings.ci_lease)
    active_rules = ActiveRules(stores.rules, fresh_s=settings.ci_rules_fresh)
    written = (stores.pipelines, stores.templates)

    def wake() -> None:
        for loop in (dispatcher, notifier, actions):
            loop.wake.set()

    firer = RuleFirer(
        stores.rule_states, stores.pauses, stores.dispatches, *written, stores.receivers, evaluations, wake
    )
    workflow_sync = WorkflowSync(stores.workflows, stores.rules, stores.rule_states, active_rules, *written)
    workflow_reader = WorkflowReader(
        stores.workflows, workflow_sync, stores.pipelines, gateway_of, poll_s=settings.ci_workflow_poll
    )
    return CiBridgeServices(
        stores=stores,
        query=query,
        github_check=CredentialCheck(query, github),
        app_setup=AppSetupGateway(github, _github_egress(settings)),
        app_states=AppStates(settings.secret_key.get_secret_value()),
        active_rules=active_rules,
        evaluations=evaluations,
        evaluator=_evaluator(stores, active_rules, firer, evaluations, settings),
        dispatcher=dispatcher,
        run_tracker=run_tracker,
        webhooks=WebhookReceiver(
            query, stores.pipelines, stores.dispatches, stores.runs, run_tracker.wake.set, workflow_reader.watch
        ),
        project_removal=_project_removal(stores, active_rules, query),
        chains=ChainReader(stores.dispatches, stores.runs, stores.rule_states, stores.rules, query),
        workflow_sync=workflow_sync,
        workflow_reader=workflow_reader,
        notifier=notifier,
        actions=actions,
        change_reporter=ChangeReporter(stores.changes, query),
        sender=sender,
        secret_box=secret_box,
        egress=egress,
        gateway_of=gateway_of,
        public_url=settings.public_url,
        emulates=settings.emulator_token is not None,
    )


async def _open_stores(resources: Resources[CiBridgeSettings]) -> Stores:
    database = resources.database
    dispatches, notifications, requests = DispatchStore(database), NotificationStore(database), RequestStore(database)
    stores = Stores(
        templates=RecordStore(database, "ci_templates", Template, "template"),
        template_versions=VersionStore(database, "ci_template_versions", Template),
        pipelines=RecordStore(database, "ci_pipelines", Pipeline, "pipeline"),
        rules=RecordStore(database, "ci_rules", Rule, "rule"),
        dispatches=dispatches,
        rule_states=RuleStateStore(resources.mongo, database, dispatches, notifications, requests),
        rule_history=RuleHistoryStore(database),
        runs=RunStore(database),
        run_outputs=RunOutputStore(database),
        matchers=RecordStore(database, "ci_matchers", StoredMatcher, "matcher"),
        workflows=WorkflowStore(database),
        pauses=PauseStore(database),
        receivers=RecordStore(database, "ci_receivers", Receiver, "receiver"),
        notifications=notifications,
        requests=requests,
        emulations=EmulationStore(database, lease_s=resources.settings.ci_emulation_lease),
        changes=ChangeOutbox(database),
        approvals=ApprovalStore(database),
    )
    measure = partial(CLOCK.ensure_measured, resources.database)  # before anything with a deadline is stored
    await wait_out_outages(measure, "read the clock", stopping=resources.stopping)
    for store in (
        stores.templates,
        stores.template_versions,
        stores.pipelines,
        stores.rules,
        dispatches,
        stores.rule_states,
        stores.rule_history,
        stores.runs,
        stores.run_outputs,
        stores.matchers,
        stores.workflows,
        stores.receivers,
        notifications,
        requests,
        stores.emulations,
        stores.approvals,
    ):
        await wait_out_outages(store.prepare, "create indexes", stopping=resources.stopping)
    return stores


def _evaluator(
    stores: Stores,
    active_rules: ActiveRules,
    firer: RuleFirer,
    evaluations: EvaluationBuffer,
    settings: CiBridgeSettings,
) -> RuleEvaluator:
    requests, outputs = stores.requests.of_analysis, stores.run_outputs.find
    return RuleEvaluator(active_rules, firer, evaluations, requests, outputs, public_url=settings.public_url)


def _project_removal(stores: Stores, active_rules: ActiveRules, query: QueryClient) -> ProjectRemoval:
    # Rules go first: without its rule nothing fires, and the state of a rule is removed once the rule is gone.
    in_order = (
        stores.rules,
        stores.pipelines,
        stores.templates,
        stores.template_versions,
        stores.dispatches,
        stores.rule_states,
        stores.rule_history,
        stores.emulations,
        stores.approvals,
        stores.runs,
        stores.run_outputs,
        stores.matchers,
        stores.workflows,
        stores.pauses,
        stores.receivers,
        stores.notifications,
        stores.requests,
    )
    return ProjectRemoval(in_order, (active_rules, query))


def _dispatcher(resources: Resources[CiBridgeSettings], stores: Stores, gateway_of: GatewayOf) -> Dispatcher:
    settings = resources.settings
    return Dispatcher(
        stores.dispatches,
        stores.pauses,
        gateway_of,
        resources.publisher,
        lease_s=settings.ci_lease,
        settle_s=settings.ci_settle,
        interval_s=settings.ci_send_interval,
        poll_s=settings.ci_poll,
        repository_budget=settings.ci_repository_budget,
        start_limit=settings.ci_start_limit,
    )


def _run_tracker(resources: Resources[CiBridgeSettings], stores: Stores, gateway_of: GatewayOf) -> RunTracker:
    settings = resources.settings
    return RunTracker(
        stores.dispatches,
        stores.runs,
        stores.run_outputs,
        stores.matchers,
        gateway_of,
        resources.publisher,
        poll_s=settings.ci_poll,
        lease_s=settings.ci_lease,
        lost_after_s=settings.ci_lost_after,
        job_log_bytes=settings.ci_job_log_bytes,
    )


def _github_egress(settings: CiBridgeSettings) -> EgressGuard:
    """The operator's API URL may be private; API URLs of projects must be public or allowed."""
    own_host = urlsplit(settings.github_api_url).hostname or ""
    return EgressGuard(f"{settings.egress_allow},{own_host}", loopback=settings.is_local)


def _github_client(settings: CiBridgeSettings) -> GitHubClient:
    guard = _github_egress(settings)
    hosts = [host.strip().lower() for host in settings.github_log_hosts.split(",") if host.strip()]
    return GitHubClient(settings.github_api_url, guard, log_hosts=hosts, timeout_s=settings.github_timeout)


def _gateways(query: QueryClient, github: GitHubClient, stores: Stores, settings: CiBridgeSettings) -> GatewayOf:
    """The emulator, or GitHub for projects with credentials and the console gateway for the others."""
    console = ConsoleGateway()

    async def gateway_of(project_id: str, emulated: bool) -> Gateway:
        if emulated:
            return EmulatorGateway(
                project_id,
                stores.emulations,
                stores.approvals,
                stores.pipelines,
                queue_s=settings.ci_lost_after,
                enabled=settings.emulator_token is not None,
            )
        credentials = await query.credentials(project_id)
        return RestGateway(github, credentials) if credentials and credentials.usable else console

    return gateway_of
