"""A template stands for its patterns in the filter of a search, and is found once for many requests."""

from collections.abc import Iterator

import pytest
from logloop_query.logs.search.language.filter import And, Equals, Filter, OneOf, Or
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.limits.threads import SearchThreads
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.stores.pattern_edits import EditAction, PatternEdit
from logloop_query.logs.templates import Templates

NAMES = ["anna", "bert", "carl", "dora", "emil", "frida"]
PATTERNS = sorted(f"it was {name}" for name in NAMES)


class FakePatterns:
    """The stored patterns of every project."""

    def __init__(self, *patterns: str) -> None:
        self.patterns = list(patterns)
        self.reads = 0

    async def texts(self, _: str) -> list[str]:
        self.reads += 1
        return self.patterns


class FakeEdits:
    """What people decided about templates of every project."""

    def __init__(self) -> None:
        self.edits: list[PatternEdit] = []

    def add(self, template: str, action: EditAction) -> None:
        self.edits.append(PatternEdit(template, action, None, pinned=False))

    async def of_project(self, _: str) -> list[PatternEdit]:
        return list(self.edits)


@pytest.fixture
def threads() -> Iterator[SearchThreads]:
    opened = SearchThreads(2)
    yield opened
    opened.close()


async def expanded(templates: Templates, q: str, *, guess: bool = True) -> Filter:
    return (await templates.selected(LogSelection("shop", parse_query(q)), guess=guess)).wanted


async def test_a_template_in_a_search_stands_for_each_of_its_patterns(threads: SearchThreads) -> None:
    templates = Templates(FakePatterns(*PATTERNS, "took <*> ms"), FakeEdits(), threads)
    any_of = Or((Equals("pattern", "it was <*>"), OneOf("pattern", tuple(PATTERNS))))
    assert await expanded(templates, 'pattern:"it was <*>"') == any_of
    nested = await expanded(templates, 'severity:info AND (x OR NOT pattern:"it was <*>")')
    assert isinstance(nested, And)
    assert repr(any_of) in repr(nested)
    assert await expanded(templates, "pattern:it*") == parse_query("pattern:it*")


async def test_a_search_without_a_template_reads_no_patterns(threads: SearchThreads) -> None:
    store = FakePatterns(*PATTERNS)
    templates = Templates(store, FakeEdits(), threads)
    for q in ("", "refused", 'pattern:"it was anna"', 'message:"<*>"'):
        assert await expanded(templates, q) == LogSelection("shop", parse_query(q)).wanted
    assert store.reads == 0


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("it <*> <*>", PATTERNS),  # a template of other logs
        ("took <*> for <*>", ["took <*> for id=<*>"]),  # a pattern of version 1 of the mask
        ("it (<*>", []),
    ],
)
async def test_an_unknown_text_stands_for_what_fits_it_unless_exactness_matters(
    threads: SearchThreads, text: str, fitting: list[str]
) -> None:
    templates = Templates(FakePatterns(*PATTERNS, "took <*> for id=<*>", "a took 1"), FakeEdits(), threads)
    found = await expanded(templates, f'pattern:"{text}"')
    leaf = Equals("pattern", text)
    assert found == (Or((leaf, OneOf("pattern", tuple(fitting)))) if fitting else leaf)
    assert await expanded(templates, f'pattern:"{text}"', guess=False) == leaf


async def test_patterns_are_read_once_a_minute_and_when_a_new_one_is_found(threads: SearchThreads) -> None:
    store = FakePatterns(*PATTERNS[1:])
    templates = Templates(store, FakeEdits(), threads)
    assert (await templates.of("shop")).template_of(PATTERNS[1]) == PATTERNS[1], "five are too few"
    assert (await templates.of("shop", PATTERNS[2:])).template_of(PATTERNS[0]) == PATTERNS[0]
    assert store.reads == 1
    for found in (PATTERNS, PATTERNS[:1], []):
        of_all = await templates.of("shop", found)
        assert {of_all.template_of(pattern) for pattern in PATTERNS} == {"it was <*>"}
        assert sorted(of_all.members("it was <*>")) == PATTERNS
    assert store.reads == 2
    await templates.of("other")
    assert store.reads == 3


async def test_a_search_for_a_template_of_before_an_edit_finds_the_same_logs(threads: SearchThreads) -> None:
    edits = FakeEdits()
    templates = Templates(FakePatterns(*PATTERNS, "it was <*>", "it is over"), edits, threads)
    for action, template in (("split", "it was <*>"), ("merge", "it <*>")):
        old = await expanded(templates, 'pattern:"it was <*>"')
        edits.add(template, "merge" if action == "merge" else "split")
        await templates.forget("shop")
        assert await expanded(templates, 'pattern:"it was <*>"') == old
        assert set(PATTERNS) <= set(repr(old).split("'"))


async def test_only_what_a_template_unites_now_is_deleted(threads: SearchThreads) -> None:
    edits = FakeEdits()
    edits.add("it was <*>", "split")
    templates = Templates(FakePatterns(*PATTERNS), edits, threads)
    leaf = Equals("pattern", "it was <*>")
    assert await expanded(templates, 'pattern:"it was <*>"', guess=False) == leaf


async def test_an_edit_takes_effect_when_the_templates_are_forgotten(threads: SearchThreads) -> None:
    edits = FakeEdits()
    templates = Templates(FakePatterns(*PATTERNS), edits, threads)
    assert (await templates.of("shop")).template_of(PATTERNS[0]) == "it was <*>"
    edits.add("it was <*>", "split")
    await templates.forget("shop")
    assert (await templates.of("shop")).template_of(PATTERNS[0]) == PATTERNS[0]
    assert await templates.fitting("shop", "<*> was <*>a") == ["it was anna", "it was dora", "it was frida"]
