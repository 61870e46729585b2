# SPDX-License-Identifier: Apache-2.0
"""Run by a peer's Python: radar_tools_peaks.py TOOL CUBE.npz prints the peaks that the tool finds, as JSON. No raywave in here."""
import json
import sys

import numpy as np


def openradar(held):
    """Range and Doppler bins of the strongest place, and the angle there over the virtual array."""
    from mmwave import dsp
    from mmwave.dsp.utils import Window
    cube = dsp.range_processing(held["frames"][0], window_type_1d=Window.HANNING)
    # [range, virtual antenna, Doppler]
    log_power, aoa = dsp.doppler_processing(cube, num_tx_antennas=int(held["num_tx"]), interleaved=True, window_type_2d=Window.HANNING)
    place = np.unravel_index(log_power.argmax(), log_power.shape)
    np.complex = complex  # what gen_steering_vec calls
    _, steering = dsp.gen_steering_vec(90, 0.5, aoa.shape[1])
    response = abs(np.conj(steering) @ aoa[place[0], :, place[1]])
    return dict(range_bin=int(place[0]), doppler_bin=int(place[1]), angle_deg=float(-90 + 0.5 * response.argmax()))


def xwr(held):
    """The range-Doppler spectrum of its signal chain."""
    from xwr.rsp import numpy as rsp
    chain = next(cls for name, cls in vars(rsp).items() if name.startswith("AWR1843"))(window=True)
    frames = held["frames"]
    tx = int(held["num_tx"])
    x = frames.reshape(frames.shape[0], -1, tx, *frames.shape[2:]).astype(np.complex64)
    power = (abs(chain.doppler_range(x)) ** 2).sum(axis=(0, 2, 3))
    place = np.unravel_index(power.argmax(), power.shape)
    return dict(range_bin=int(place[1]), doppler_bin=int(place[0]) - power.shape[0] // 2)


def skradar(held):
    """Its own simulation of one echo, and the range that its compression finds in our samples."""
    import skradar as peer
    count, ts = int(held["num_samples"]), 1 / float(held["sampling_frequency_hz"])
    swept = float(held["slope_hz_per_s"]) * (count - 1) * ts  # its bandwidth is between first and last sample
    own = peer.sim_FMCW_if(2 * float(held["range_m"]), swept, float(held["frequency_hz"]), count, ts, cplx=True)
    profile, ranges = peer.range_compress_FMCW(held["frames"][0, 0, 0], np.hanning(count), swept, 16)
    half = len(ranges) // 2
    return dict(own_re=own.real.tolist(), own_im=own.imag.tolist(), range_m=float(ranges[abs(profile[:half]).argmax()] / 2))


if __name__ == "__main__":
    with np.load(sys.argv[2]) as held:
        print(json.dumps({"openradar": openradar, "xwr": xwr, "skradar": skradar}[sys.argv[1]](dict(held))))
