"""What is known of torch's releases: whole, in order, and put in words."""

import pytest

from locks.cuda import torch_releases_of
from locks.target import PLATFORMS, PYTHONS, VARIANTS

from compiler.torch.cuda import facts
from compiler.torch.releases import describe_pythons, describe_variant, source_of, torch_releases


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("cu118", "cu118 for torch 2.1.0 to 2.7.1 on linux-x86_64, windows-x86_64"),
        (
            "cu129",
            (
                "cu129 for torch 2.8.0 to 2.11.0, 2.12.1 to 2.13.0 on linux-x86_64, linux-aarch64; "
                "2.8.0 to 2.9.0 on windows-x86_64"
            ),
        ),
        ("cu132", "cu132 for torch 2.12.0 to 2.15.0 on linux-x86_64, linux-aarch64, windows-x86_64"),
    ],
)
def test_variant_is_put_in_words(variant: str, words: str) -> None:
    """Runs of releases, and the platforms that share them."""
    assert describe_variant(variant) == words


def test_pythons_are_put_in_words() -> None:
    """The Pythons of all platforms, and what one platform has beyond."""
    by_version = {str(release.version): release for release in torch_releases()}

    assert describe_pythons([by_version["2.4.1"]]) == "Python 3.8 to 3.12, for torch 2.4.1"
    assert (
        describe_pythons([by_version["2.5.0"], by_version["2.5.1"]])
        == "Python 3.9 to 3.12, and 3.13 on linux-x86_64, for torch 2.5.0 to 2.5.1"
    )


def test_releases_are_in_order() -> None:
    """Oldest first, by version and not by text: 2.10 comes after 2.9."""
    versions = [release.version for release in torch_releases()]

    assert versions == sorted(versions)
    assert (str(versions[0]), str(versions[-1])) == ("2.1.0", "2.15.0")


def test_releases_speak_of_known_variants_and_platforms() -> None:
    """The table has no name that no target could have, a Python of ours for each release, and no build twice."""
    for release in torch_releases():
        for places in (release.built, release.unsettled):
            assert set(places) <= set(VARIANTS) - {"cpu"}
            assert {platform for platforms in places.values() for platform in platforms} <= set(PLATFORMS)
        assert not any(release.built.get(variant, frozenset()) & at for variant, at in release.unsettled.items())
        assert set(release.ordinary) == set(PLATFORMS) - {"macos-arm64"}
        assert set(release.ordinary.values()) <= set(VARIANTS)
        assert all(set(pythons) & set(PYTHONS) for pythons in release.pythons.values())


def test_patches_are_those_of_their_line() -> None:
    """Every patch that a table names belongs to the release line that it stands under."""
    for line, content in facts()["releases"].items():
        tables = [content["variants"], content.get("unsettled", {})]
        named = {
            patch for table in tables for places in table.values() for patches in places.values() for patch in patches
        }

        assert named <= set(content["patches"])
        assert all(patch.rpartition(".")[0] == line for patch in content["patches"])


def test_a_build_whose_code_is_known_is_one_that_exists() -> None:
    """The table of architectures names no build that the releases lack."""
    known = {
        (f"{release.version.major}.{release.version.minor}", variant, platform)
        for release in torch_releases()
        for variant in VARIANTS
        for platform in PLATFORMS
        if release.may_be(variant, platform)
    }

    assert {
        (release, variant, platform.name)
        for variant in VARIANTS
        for platform in PLATFORMS.values()
        for release in torch_releases_of(variant, platform)
    } <= known


def test_every_block_has_its_source() -> None:
    """Each table names where it was read, and source and day can be told."""
    content = facts()
    blocks = {key for line in content["releases"].values() for key in line} - {"patches"}

    assert set(content["sources"]) == (set(content) - {"as_of", "sources", "releases"}) | {
        f"releases.{block}" for block in blocks
    }
    assert source_of("releases.ordinary") == "requirements of the wheels on the ordinary index say so (2026-11-23)"
