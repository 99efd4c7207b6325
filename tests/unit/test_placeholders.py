"""Which names a prompt wants a value for."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialer.domain.placeholders import LONGEST_NAME, placeholders_of
from dialer.domain.variables import SYSTEM_VARIABLES


def test_a_text_without_braces_needs_nothing() -> None:
    assert placeholders_of(["Hello there.", ""]) == frozenset()


def test_names_of_all_texts_are_gathered_once() -> None:
    texts = ["Hi {{first_name}}, it is {{plan}}.", "{{plan}} again, {{plan}}"]
    assert placeholders_of(texts) == {"first_name", "plan"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ name }}", {"name"}),
        ("{{\tname\n}}", {"name"}),
        ("{{First Name}}", {"First Name"}),
        ("{{Owner's plan (2026)}}", {"Owner's plan (2026)"}),
        ("{{größe}}", {"größe"}),
        ("{{a}}{{b}}", {"a", "b"}),
        ("{{Plan}} {{plan}}", {"Plan", "plan"}),
        ("{{{name}}}", {"name"}),
        ("{{current_time_{{my_timezone}} }}", {"my_timezone"}),
        ("{{greeting_{{language}}}}", {"language"}),
        ("{{}} {{  }}", set()),
        ("{name} { {name} }", set()),
        ("{{na{me}}", set()),
        ("{{name", set()),
        ("name}}", set()),
        ("{{first {{second}}", {"second"}),
        ("}}{{ {{ }} {{name}} }} {{", {"name"}),
        ('Answer with {{"intent": "buy"}}.', set()),
        ("{{one\nand another line}}", set()),
    ],
)
def test_a_name_stands_between_the_innermost_double_braces(text: str, names: set[str]) -> None:
    assert placeholders_of([text]) == names


@pytest.mark.parametrize(
    "name",
    [
        *sorted(SYSTEM_VARIABLES),
        "current_time",
        "current_time_America/New_York",
        "current_calendar",
        "session_duration",
        " Call_ID ",
        "contact_memory",
    ],
)
def test_what_retell_fills_itself_is_not_needed(name: str) -> None:
    assert placeholders_of([f"It is {{{{{name}}}}}."]) == frozenset()


def test_a_name_as_long_as_a_paragraph_is_no_name() -> None:
    longest = "n" * LONGEST_NAME
    assert placeholders_of([f"{{{{{longest}}}}}"]) == {longest}
    assert placeholders_of([f"{{{{{longest}n}}}}"]) == frozenset()


@given(st.lists(st.text(alphabet="{} ab\n\x00\"'é", max_size=200)))
@example(["{{" * 3, "}}"])
def test_any_text_is_read_and_every_name_stands_in_it(texts: list[str]) -> None:
    for name in placeholders_of(texts):
        assert name == name.strip()
        assert not set(name) & set("{}\n")
        assert any(name in text for text in texts)


@given(
    st.dictionaries(st.from_regex(r"[b-r][a-z]{0,8}", fullmatch=True), st.text("{ ", max_size=2))
)
def test_every_written_name_is_found(names: dict[str, str]) -> None:
    wanted = {name for name in names if not name.startswith("direction")}
    text = " ".join(f"{names[name]}{{{{{name}}}}}" for name in wanted)
    assert placeholders_of([text]) == wanted


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["{", "{{", "}", "{{a", "{{ }", "{{a}", "{{a}} ", "{{ {{", " "])
def test_two_million_hostile_characters_are_read_once(piece: str) -> None:
    hostile = piece * (2_000_000 // len(piece))
    found = placeholders_of([hostile, "{{" + hostile, hostile + "}}", "{{" + "a" * 2_000_000])
    assert found <= {"a"}
