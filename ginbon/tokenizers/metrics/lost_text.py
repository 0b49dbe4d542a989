r"""Lost text: the share of the text that its tokens do not spell.

bytes that no token spells / bytes, blanks (space, tab, line end) left out of both. Unit: share. Range: 0 to 1. Must be
near 0. What is lost became an unknown token, or was dropped in silence. A document whose tokens spell more than it
holds (a normaliser that writes out) counts as 0. A text written decomposed is measured by its composed form (NFC) where
that is shorter: an accent that was joined to its letter is not lost.

By hand: "cat ☃" has 3 + 3 bytes without its space; cut as cat| |<unk> its tokens spell 3 of them: 3 / 6 = 0.5.
"""

from ginbon.tokenizers.metrics.metric import Ratio

METRIC = Ratio("lost-text", "lost_bytes", "solid_bytes", "share of bytes", "lower")
