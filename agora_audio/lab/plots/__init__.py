"""Pictures: what a VAD saw and decided, sound before and after processing, the pacing of an answer, heat maps.

A long recording keeps its extremes. Where far more frames than pixels are in sight, the frames that share a pixel are
drawn as the band from their lowest to their highest value, with their mean as a line (of levels: the mean of the dB
values). Segments, thresholds and states stay exact, a short one is still a hair wide; where they crowd, colour is as
strong as their share of the time, and the single decisions are no longer marked. Colours are those of Okabe and Ito,
which people with any colour vision tell apart; what matters differs in shape or place too, for print in grey.

Figures are made with matplotlib's objects, never with pyplot: no window, no state that is shared, nothing to close.
"""

from __future__ import annotations

from agora_audio.lab.plots.figures import Panels, check_figure_path, matplotlib_module, save_figure
from agora_audio.lab.plots.heat import plot_heat
from agora_audio.lab.plots.vad import plot_vad

__all__ = ["Panels", "check_figure_path", "matplotlib_module", "plot_heat", "plot_vad", "save_figure"]
