"""What a report must not tell is not in it, however it is spelt."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.redact import Private, redact, secrets_of

PRIVATE = Private(home="/srv/people/ann", user="ann", host="ws-17", secrets=("hunter2!", "s3cr"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("/srv/people/ann/.venv is as it was", "~/.venv is as it was"),
        ("/srv/people/annabel", "/srv/people/annabel"),
        ("ann@ws-17: made by Ann", "<user>@<host>: made by <user>"),
        ("annotated, cannot", "annotated, cannot"),
        ("my_ann_folder", "my_<user>_folder"),
        ("/home/bob/x and C:\\Users\\Bob\\x", "/home/<user>/x and C:\\Users\\<user>\\x"),
        ("'C:\\\\Users\\\\Bob'", "'C:\\\\Users\\\\<user>'"),
        ("/Users/bob", "/Users/<user>"),
        ("https://bob:pw@index.example/simple", "https://<secret>@index.example/simple"),
        ("token hunter2! seen", "token <secret> seen"),
        ("HUNTER2!", "<secret>"),
        ("WS-17.example", "<host>.example"),
        ("torch 2.5.1 on NVIDIA H100", "torch 2.5.1 on NVIDIA H100"),
        ("", ""),
    ],
)
def test_private_words_are_replaced_and_others_are_not(text: str, redacted: str) -> None:
    """User, home, host, secrets, anybody's home and credentials in addresses."""
    assert redact(text, PRIVATE) == redacted


def test_a_windows_home_is_found_in_every_spelling() -> None:
    """Plain, as `repr` writes it, with forward slashes, in other case."""
    private = Private(home="D:\\Profiles\\Ann")

    for text in ("D:\\Profiles\\Ann\\x", "D:\\\\Profiles\\\\Ann\\x", "D:/Profiles/Ann\\x", "d:\\profiles\\ann\\x"):
        assert redact(text, private) == "~\\x"


def test_a_host_is_found_with_and_without_its_domain() -> None:
    """The short name is as telling as the long one."""
    assert redact("ws-17 is ws-17.corp.example", Private(host="ws-17.corp.example")) == "<host> is <host>"


def test_values_of_every_depth_are_redacted() -> None:
    """Lists, mappings and their keys; numbers stay numbers."""
    value = {"ann": [("/home/bob", 1, None, True)], "n": {"x": "ws-17"}}

    assert redact(value, PRIVATE) == {"<user>": [["/home/<user>", 1, None, True]], "n": {"x": "<host>"}}


def test_secrets_are_known_by_their_variables_names() -> None:
    """Long ones first; what is too short to be told from other words is left."""
    environ = {
        "API_TOKEN": "abcd",
        "MY_PASSWORD": "longer one",
        "HF_KEY": "xyz",
        "PATH": "/usr/bin",
        "KEYBOARD": "german",
        "PIP_INDEX_URL": "https://x/y",
    }

    assert secrets_of(environ) == ("https://x/y", "longer one", "abcd")


_names = st.text("abcXYZ01-é", min_size=1, max_size=8).filter(lambda name: name[0].isalnum() and name[-1].isalnum())
_privates = st.builds(
    Private,
    home=st.one_of(
        _names.map("/srv/{}".format), _names.map("/home/{}".format), _names.map("C:\\Users\\{}".format), st.just("")
    ),
    user=_names,
    host=_names,
    secrets=st.lists(st.text("abc./+=!", min_size=4, max_size=12), max_size=3).map(tuple),
)
_between = st.sampled_from([" ", "/", "\\", ":", "'", '"', "\n", "(", "="])


@given(_privates, st.lists(_between, min_size=8, max_size=8), st.sampled_from(["torch", "", "<user>", "x/y", "~"]))
def test_nothing_private_is_left(private: Private, marks: list[str], other: str) -> None:
    """Wherever they stand between other words, user, home, host and secrets are gone, in this and in a second pass."""
    words = [other, private.home, private.user, private.host, *private.secrets, other]
    text = "".join(word + mark for word, mark in zip(words, marks, strict=False))
    once = redact(text, private)
    bare = once
    for placeholder in ("<user>", "<host>", "<secret>"):
        bare = bare.replace(placeholder, "\0")

    for secret in private.secrets:
        assert secret.lower() not in bare.lower() or secret.lower() in other.lower()
    for name in (private.user, private.host):
        assert not re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", bare.replace(other, ""), re.IGNORECASE)
    if private.home:
        assert private.home.lower() not in bare.lower().replace("\0", "")
    assert redact(once, private) == once


@given(st.text("abc /\\<>~", max_size=40))
def test_a_text_without_anything_private_stays(text: str) -> None:
    """What is not private is not touched."""
    assert redact(text, Private(home="/srv/zoe", user="zoe", host="host9", secrets=("zzzz",))) == text
