"""What belongs to later versions of WebAssembly, recognised in text.

`later_feature` lets the conformance runner say which feature a module needs instead of failing on its syntax; when a
feature is built, its rows go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The words that only one feature has; where a module needs several features, the first of this table is named.
_WORDS: dict[str, str] = {
    "custom-descriptors": r"descriptor|describes|exact|\w+\.\w*_desc\w*|br_on_cast_desc\w*",
}
_PATTERNS = {feature: re.compile(words) for feature, words in _WORDS.items()}


def later_feature(words: Iterable[str]) -> str | None:
    """The feature beyond WebAssembly 2.0 that a list of token spellings needs, if any.

    Strings and identifiers are no words of the grammar, and do not count.
    """
    found = {feature for word in {*words} if (feature := _feature_of(word))}
    return next((feature for feature in _PATTERNS if feature in found), None)


def _feature_of(word: str) -> str | None:
    return next((feature for feature, pattern in _PATTERNS.items() if pattern.fullmatch(word)), None)
