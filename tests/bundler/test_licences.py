"""Licences: read from real wheels, told on one page, NVIDIA's pointed out."""

import io
from dataclasses import replace

import pytest

from applier.wheels.place import place_wheel
from bundler.facts import read_facts
from bundler.licence_page import licence_page
from bundler.licences import Licence, decoded
from tests.bundles import locked, target_on
from tests.wheels import Wheel, make_wheel

MIT = "Permission is hereby granted\n\nto any person"


def with_texts(name: str, *, files: dict[str, str | bytes] | None = None, **texts: str | bytes) -> Wheel:
    """A wheel with licence texts; underscores in their names stand for slashes."""
    info = {f"{name}-1.dist-info/{key.replace('_', '/')}": text for key, text in texts.items()}
    return make_wheel(name, "1", files={f"{name}.py": "", **(files or {}), **info})


def read(*wheels: Wheel, words: str = "") -> tuple[Licence, ...]:
    """Read the licences of wheels; `words` is what the lock says of each."""
    target = target_on("linux-x86_64")
    found = []
    for wheel in wheels:
        stream = io.BytesIO(wheel.data)
        contents, files, _ = place_wheel(locked(wheel), target, frozenset(target.tags()), stream)
        assert contents is not None
        facts = read_facts(contents, files, stream)
        told = replace(locked(wheel), licence=words)
        found.append(Licence(wheel=told, texts=facts.licence_texts, nvidia_files=facts.nvidia_files))
    return tuple(found)


def test_texts_are_found_old_style_and_new() -> None:
    """PEP 639's folder at any depth, and files beside METADATA by their names; nothing else of the dist-info."""
    wheel = with_texts("a", LICENSE=MIT, licenses_sub_LICENSE="deep", COPYING="gpl", NOTICE="n", top="no licence")
    (licence,) = read(wheel)

    assert licence.texts == {"LICENSE": MIT, "licenses/sub/LICENSE": "deep", "COPYING": "gpl", "NOTICE": "n"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param("© Müller\r\nx\r\n".encode(), "© Müller\nx", id="utf-8, windows"),
        pytest.param("\ufeff©".encode(), "©", id="byte order mark"),
        pytest.param(b"\x93quoted\x94", "“quoted”", id="cp1252"),
        pytest.param(b"\x81", "\ufffd", id="no encoding at all"),
    ],
)
def test_a_text_of_any_encoding_is_read(data: bytes, text: str) -> None:
    """Line ends become one kind, and nothing ends in an error."""
    assert decoded(data) == text


def test_the_page_has_every_package_and_each_text_once() -> None:
    """A text that several packages share stands there once, under all their names."""
    wheels = [with_texts("a", LICENSE=MIT), with_texts("b", licenses_LICENSE=f"{MIT}\r\n"), with_texts("c")]
    page = licence_page(read(*wheels, words="MIT"), line_end="\n")

    assert page.count("Permission") == 1
    assert "\na 1: LICENSE\nb 1: licenses/LICENSE\n" in page
    assert "\na  1  MIT\nb  1  MIT\nc  1  MIT (no text in the wheel)\n" in page
    assert "NVIDIA" not in page


def test_a_licence_that_is_not_told_is_said_to_be() -> None:
    """No word is invented."""
    assert "\na  1  not told (no text in the wheel)\n" in licence_page(read(with_texts("a")), line_end="\n")


def test_nvidias_software_is_pointed_out_wherever_it_is() -> None:
    """NVIDIA's own packages, and those that carry its files, with what its licence asks and where that stands."""
    own = make_wheel("nvidia-cublas-cu12", "12.4", files={"nvidia/cublas/lib/libcublas.so.12": ""})
    carrier = with_texts("torch", files={"torch/lib/cudart64_12.dll": "", "torch/lib/torch_cuda.dll": ""})
    bindings = make_wheel("nvidia-ml-py", "12", files={"pynvml.py": ""})
    page = licence_page(read(own, carrier, bindings, words="Proprietary"), line_end="\n")

    assert "\n  nvidia-cublas-cu12 12.4: Proprietary\n  torch 1 carries cudart64_12.dll\n\n" in page
    assert "Distribution Requirements" in page
    assert "no legal advice" in page


def test_many_carried_files_are_summed_up() -> None:
    """A line stays a line."""
    files: dict[str, str | bytes] = {f"torch/lib/cudnn_{letter}64_9.dll": "" for letter in "abcdefgh"}
    page = licence_page(read(with_texts("torch", files=files)), line_end="\n")

    assert "cudnn_f64_9.dll and 2 more\n" in page


def test_line_ends_are_those_of_the_target() -> None:
    """A page for Windows has no bare line feed."""
    page = licence_page(read(with_texts("a", LICENSE=MIT)), line_end="\r\n")

    assert "\n" not in page.replace("\r\n", "")
