# SPDX-License-Identifier: Apache-2.0
"""Run by DeepMIMO's interpreter: reads {"scenario", "load", "channel", "pick"} from standard input and writes channels to the .npz named on
the command line, one array a transmitter point. The scenario lies in deepmimo_scenarios/ of the working folder."""
import contextlib
import io
import json
import sys

import deepmimo
import numpy as np

case = json.load(sys.stdin)
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    data = deepmimo.load(case["scenario"], **case["load"])
    sets = list(data) if type(data).__name__ == "MacroDataset" else [data]
    channels = [np.asarray(one.compute_channels(deepmimo.ChannelParameters(**case["channel"][i % len(case["channel"])]))) for i, one in enumerate(sets)]
    extra = {}
    for i, one in enumerate(sets):
        for name in ("inter", "los", "rx_pos", "tx_pos", "delay", "inter_pos"):
            extra[f"{name}_{i}"] = np.asarray(one[name])
    scene = sets[0].scene
    extra["objects"] = np.array([o.name for o in scene.objects])
    extra["materials"] = np.array([m.name for m in sets[0].materials])
np.savez(sys.argv[1], **{f"channel_{i}": h for i, h in enumerate(channels)}, **extra)
