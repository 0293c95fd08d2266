"""Random words -> uniform numbers; one uniform number -> one normal or Poisson quantile, monotone in it.

Inversion keeps the quantile when a distribution's parameters change, which rejection cannot. All arithmetic is that of
`elementary`, so samples have the same bits on every CPU. Scalars in, scalars out.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from deepbench_fast.kernels._jit import piece
from deepbench_fast.kernels.elementary import exp, floor, log

INVERSE_SQRT_2PI = 0.398942280401432677939946059934
LARGEST_BELOW_ONE = 1.0 - 2.0**-53

# Means from which Giles's expansion is tried first, from which Temme's expansion replaces the sum from zero, and above
# which Giles's alone errs by a millionth of a count.
POISSON_EXPANSION = 10.0
POISSON_ASYMPTOTIC_TAIL = 100.0
POISSON_EXPANSION_ALONE = 1e9
POISSON_LARGEST_MEAN = 2.0**50


@piece
def uniform32(w: np.uint32) -> float:
    """(w + 1/2) / 2**32, exact, in the open interval (0, 1)."""
    return (np.float64(w) + 0.5) * 2.0**-32


@piece
def uniform52(w0: np.uint32, w1: np.uint32) -> float:
    """The upper 26 bits of each word as one 52-bit fraction plus half a step: exact, in [2**-53, 1 - 2**-53].

    53 bits and a half would round up to 1.
    """
    high = np.float64(np.int32(w0 >> np.uint32(6)))
    low = np.float64(np.int32(w1 >> np.uint32(6)))
    return (high * 67108864.0 + low + 0.5) * 2.0**-52


@piece
def normal_quantile(p: float) -> float:
    """The z with P(Z <= z) = p for a standard normal Z, 0 < p < 1; -inf and inf at 0 and 1. Relative error about 1e-15.

    Wichura (1988), Applied Statistics 37, 477, algorithm AS 241, PPND16.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r: float = 0.180625 - q * q
        numerator = (
            (2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4
        ) * r + 4.5921953931549871457e4
        numerator = ((numerator * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
        numerator = (numerator + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
        denominator = (
            (5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4
        ) * r + 2.1213794301586595867e4
        denominator = ((denominator * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
        denominator = (denominator + 4.2313330701600911252e1) * r + 1.0
        return q * numerator / denominator
    tail = p if q < 0.0 else 1.0 - p
    if tail <= 0.0:
        return -np.inf if q < 0.0 else np.inf
    r = np.sqrt(-log(tail))
    if r <= 5.0:
        r = r - 1.6
        numerator = (
            (7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1
        ) * r + 1.27045825245236838258e0
        numerator = ((numerator * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
        numerator = (numerator + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
        denominator = (
            (1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2
        ) * r + 1.48103976427480074590e-1
        denominator = ((denominator * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
        denominator = (denominator + 2.05319162663775882187e0) * r + 1.0
    else:
        r = r - 5.0
        numerator = (
            (2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3
        ) * r + 2.65321895265761230930e-2
        numerator = ((numerator * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
        numerator = (numerator + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
        denominator = (
            (2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5
        ) * r + 7.86869131145613259100e-4
        denominator = ((denominator * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
        denominator = (denominator + 5.99832206555887937690e-1) * r + 1.0
    z = numerator / denominator
    return -z if q < 0.0 else z


@piece
def normal_cdf(x: float) -> float:
    """P(Z <= x) for a standard normal Z; relative error about 1e-15 down to x = -37, 0 below about -37.6.

    Rational approximations of Cody (1969), Math. Comp. 23, 631, in the form of Cody (1993), ACM TOMS 19, 22 (ANORM).
    """
    y = abs(x)
    if y <= 0.67448975:
        z = x * x
        numerator = (
            (6.5682337918207449113e-2 * z + 2.2352520354606839287e0) * z + 1.6102823106855587881e2
        ) * z + 1.0676894854603709582e3
        numerator = numerator * z + 1.8154981253343561249e4
        denominator = ((z + 4.7202581904688241870e1) * z + 9.7609855173777669322e2) * z + 1.0260932208618978205e4
        denominator = denominator * z + 4.5507789335026729956e4
        return 0.5 + x * numerator / denominator
    if y > 40.0:
        return 0.0 if x < 0.0 else 1.0
    if y <= 5.656854249492380195:
        numerator = (
            (1.0765576773720192317e-8 * y + 3.9894151208813466764e-1) * y + 8.8831497943883759412e0
        ) * y + 9.3506656132177855979e1
        numerator = ((numerator * y + 5.9727027639480026226e2) * y + 2.4945375852903726711e3) * y
        numerator = ((numerator + 6.8481904505362823326e3) * y + 1.1602651437647350124e4) * y + 9.8427148383839780218e3
        denominator = ((y + 2.2266688044328115691e1) * y + 2.3538790178262499861e2) * y + 1.5193775994075548050e3
        denominator = ((denominator * y + 6.4855582982667607550e3) * y + 1.8615571640885098091e4) * y
        denominator = (
            (denominator + 3.4900952721145977266e4) * y + 3.8912003286093271411e4
        ) * y + 1.9685429676859990727e4
        scale = numerator / denominator
    else:
        z = 1.0 / (x * x)
        numerator = (
            (2.307344176494017303e-2 * z + 2.1589853405795699e-1) * z + 1.274011611602473639e-1
        ) * z + 2.2235277870649807e-2
        numerator = (numerator * z + 1.421619193227893466e-3) * z + 2.9112874951168792e-5
        denominator = ((z + 1.28426009614491121e0) * z + 4.68238212480865118e-1) * z + 6.59881378689285515e-2
        denominator = (denominator * z + 3.78239633202758244e-3) * z + 7.29751555083966205e-5
        scale = (INVERSE_SQRT_2PI - z * numerator / denominator) / y
    # exp(-y*y/2) in two factors: the square of y cut to sixteenths is exact.
    cut = floor(y * 16.0) * 0.0625
    rest = (y - cut) * (y + cut)
    tail = exp(-cut * cut * 0.5) * exp(-rest * 0.5) * scale
    return tail if x < 0.0 else 1.0 - tail


def _temme_coefficients(orders: int, terms: int) -> npt.NDArray[np.float64]:
    """Taylor coefficients d[k, n] of Temme's functions c_k(eta), k < orders, n < terms, rounded from exact fractions.

    DLMF 8.12.9-8.12.12: mu - log(1 + mu) = eta**2 / 2 gives mu as a series in eta and c_0 = 1/mu - 1/eta; each c_k is
    c_(k-1)'/eta plus the multiple of 1/mu that makes it regular at eta = 0.
    """
    length = terms + 2 * orders
    mu = [Fraction(0), Fraction(1)]
    for n in range(2, length + 2):
        products = sum((j * mu[j] * mu[n + 1 - j] for j in range(2, n)), Fraction(0))
        mu.append((mu[n - 1] - products) / (n + 1))
    first = [(n + 2) * mu[n + 2] for n in range(length)]
    first[0] -= 1
    rows = [first]
    for _ in range(1, orders):
        above = rows[-1]
        rows.append([(n + 2) * above[n + 2] - above[1] * first[n] for n in range(len(above) - 2)])
    return np.array([[float(value) for value in row[:terms]] for row in rows])


TEMME_ORDERS = 8
TEMME_TERMS = 24
TEMME = _temme_coefficients(TEMME_ORDERS, TEMME_TERMS)


@piece
def _poisson_smaller_tail(k: float, lam: float) -> float:
    """P(X <= k) if k + 1 < lam, else P(X > k), for X Poisson of mean lam >= 100: relative error below 1e-13
    within six standard deviations.

    The incomplete gamma function Q(k + 1, lam) by Temme's uniform expansion, DLMF 8.12.3-8.12.8, with a = k + 1 and
    a eta**2 / 2 = a log(a / lam) + lam - a from a series in (a - lam) / (a + lam), free of cancellation.
    """
    a = k + 1.0
    v = (a - lam) / (a + lam)
    deviance = (a - lam) * v
    power = 2.0 * a * v
    j = 1.0
    while True:
        power = power * (v * v)
        j = j + 2.0
        larger = deviance + power / j
        if larger == deviance:
            break
        deviance = larger
    deviance = max(deviance, 0.0)
    deviate: float = np.sqrt(2.0 * deviance)
    eta = deviate / np.sqrt(a)
    eta = eta if a < lam else -eta
    correction = 0.0
    for order in range(TEMME_ORDERS):
        c = 0.0
        for term in range(TEMME_TERMS):
            c = c * eta + TEMME[TEMME_ORDERS - 1 - order, TEMME_TERMS - 1 - term]
        correction = correction / a + c
    correction = correction * exp(-deviance) * INVERSE_SQRT_2PI / np.sqrt(a)
    tail: float = normal_cdf(-deviate) + (correction if a < lam else -correction)
    return tail


@piece
def _poisson_reaches(k: float, u: float, lam: float) -> bool:
    """Whether P(X <= k) >= u, judged on the smaller tail, for lam >= 100."""
    if k < 0.0:
        return False
    tail = _poisson_smaller_tail(k, lam)
    return u <= tail if k + 1.0 < lam else 1.0 - u >= tail


@piece
def _poisson_by_summation(u: float, lam: float) -> float:
    """The Poisson quantile by adding up probabilities from zero."""
    k = 0.0
    probability = exp(-lam)
    total = probability
    while u > total:
        k = k + 1.0
        probability = probability * (lam / k)
        larger = total + probability
        if larger == total:
            break
        total = larger
    return k


@piece
def _poisson_by_search(u: float, lam: float, guess: float) -> float:
    """The Poisson quantile by steps of one from a guess, lam >= 100."""
    k = guess
    if _poisson_reaches(k, u, lam):
        while _poisson_reaches(k - 1.0, u, lam):
            k = k - 1.0
    else:
        k = k + 1.0
        while not _poisson_reaches(k, u, lam):
            k = k + 1.0
    return k


@piece
def _poisson_expansion(w: float, lam: float) -> tuple[float, float]:
    """The x with Q(x, lam) = P(Z <= w), whose integer part is the Poisson quantile; a bound on its error, abs(w) < 3.

    Giles (2016), ACM TOMS 42(1), 7: the expansion in the normal deviate, for lam >= 10. The bound is that of one term
    fewer, and 1e-15 lam for rounding.
    """
    w2 = w * w
    root = np.sqrt(lam)
    x = lam + root * w + (2.0 + w2) * (1.0 / 6.0)
    x = x - w * (2.0 + w2) / (72.0 * root) + ((3.0 * w2 + 7.0) * w2 - 16.0) / (810.0 * lam)
    return x, ((2.0 + w2) * w2 + 4.0) / (160.0 * lam) + 1e-15 * lam


@piece
def poisson_quantile(u: float, lam: float) -> np.int64:
    """The smallest count k with P(X <= k) >= u for X Poisson of mean lam (dimensionless), 0 < u < 1; monotone in u.

    Equal to `scipy.stats.poisson.ppf(u, lam)` unless u lies within rounding (1e-13) of a step of the distribution
    function. lam <= 0 gives 0; u is cut to at most 1 - 2**-53, lam to 2**50. For lam >= 10 Giles's expansion decides
    wherever it is further from an integer than its error, above lam = 1e9 everywhere; elsewhere the distribution
    function does.
    """
    if not lam > 0.0 or not u > 0.0:
        return np.int64(0)
    u = min(u, LARGEST_BELOW_ONE)
    lam = min(lam, POISSON_LARGEST_MEAN)
    if lam < POISSON_EXPANSION:
        return np.int64(_poisson_by_summation(u, lam))
    w = normal_quantile(u)
    x, bound = _poisson_expansion(w, lam)
    k = floor(x)
    above = x - k
    certain = abs(w) < 3.0 and above > bound and above < 1.0 - bound
    if certain or lam > POISSON_EXPANSION_ALONE:
        return np.int64(k)
    if lam < POISSON_ASYMPTOTIC_TAIL:
        return np.int64(_poisson_by_summation(u, lam))
    return np.int64(_poisson_by_search(u, lam, max(k, 0.0)))
