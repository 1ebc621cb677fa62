"""Force-extension records whose results are known in closed form."""

import numpy as np
import xarray

from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import Evaluation, complete_parameters, method_data

S0, L0 = 40.0, 50.0
DATA = method_data("testbed.methods", "iso-6892-1", TensileTest.version)


def record(force, extension, time=None, travel=None, phase=1):
    force, extension = np.asarray(force, float), np.asarray(extension, float)
    time = 0.05 * np.arange(len(force)) if time is None else np.asarray(time, float)
    travel = 1.5 * extension if travel is None else np.asarray(travel, float)
    return xarray.Dataset(
        {
            "force": ("time", force),
            "extension": ("time", extension),
            "travel": ("time", travel),
            "phase": ("time", np.full(len(force), phase, "int16")),
        },
        {"time": time},
    )


def evaluate(dataset, **given) -> Evaluation:
    parameters = complete_parameters(TensileTest, {"s0": S0, "l0": L0, **given})
    return TensileTest.evaluate(dataset, parameters, DATA)


def measured(stress, strain, *, noise=0.0, resolution=0.5, step=1e-4, seed=1, **given):
    """Evaluate stress [MPa] over strain as a machine would have recorded it."""
    scatter = np.random.default_rng(seed).normal(0.0, noise, len(stress)) if noise else 0.0
    force = np.asarray(stress) * S0 + scatter
    extension = np.asarray(strain) * L0
    if resolution:
        force = np.round(force / resolution) * resolution
        extension = np.round(extension / step) * step
    return evaluate(record(force, extension), **given)


def codes(evaluation):
    return [finding.code for finding in evaluation.findings]


def bilinear(modulus=200e3, yield_at=300.0, tangent=1e3, end=0.10, rows=4000):
    """Rp0.2 in closed form: the parallel meets the second branch."""
    bend = yield_at / modulus
    strain = np.concatenate((np.linspace(0, bend, 300), np.linspace(bend, end, rows)[1:]))
    stress = np.where(strain <= bend, modulus * strain, yield_at + tangent * (strain - bend))
    offset = 0.002
    meets = (yield_at - tangent * bend + modulus * offset) / (modulus - tangent)
    return stress, strain, modulus * (meets - offset)


def ramberg_osgood(modulus=200e3, sigma=400.0, exponent=12.0, top=1.3, rows=3000):
    """Rp0.2 is `sigma` exactly: strain = s/E + 0.002 (s/sigma)**n."""
    stress = np.linspace(0.0, top * sigma, rows)
    return stress, stress / modulus + 0.002 * (stress / sigma) ** exponent


def lueders(modulus=210e3, upper=320.0, transient=270.0, plateau=285.0, length=0.015, rows=600):
    """Peak, undershoot, a plateau with a dip at 3 MPa below, then hardening to 450 MPa, break."""
    e0 = upper / modulus
    elastic = np.linspace(0.0, e0, 300)
    dip = np.linspace(e0, e0 + 0.0006, 12)[1:]
    fall = np.linspace(upper, transient, 6)[1:]
    rise = np.linspace(transient, plateau, 7)[1:]
    flat = np.linspace(dip[-1], e0 + length, rows)[1:]
    wave = plateau - 3.0 * np.sin(np.linspace(0.0, 3 * np.pi, rows)[1:]) ** 2
    hard = np.linspace(flat[-1], flat[-1] + 0.15, rows)[1:]
    grown = plateau + (450.0 - plateau) * (1 - ((hard[-1] - hard) / (hard[-1] - hard[0])) ** 2)
    stress = np.concatenate((modulus * elastic, fall, rise, wave, grown))
    return stress, np.concatenate((elastic, dip, flat, hard)), plateau - 3.0


def necking(stress, strain, *, fall=0.75, length=0.05, rows=400):
    """Continue a curve that ends at its maximum by a neck and a sudden break."""
    share = np.linspace(0.0, 1.0, rows)[1:]
    neck = stress[-1] * (1.0 - (1.0 - fall) * share**2)
    stretched = strain[-1] + length * share
    broken = np.full(5, 0.1)
    return (
        np.concatenate((stress, neck, broken)),
        np.concatenate((strain, stretched, np.full(5, stretched[-1]))),
    )
