//! The elementwise part of the cells for one row, forward and backward. Every argument is a slice of its own, of one length, so that
//! the compiler knows that they do not overlap and vectorises the loops.

use crate::device::cpu::simd::{math, simd};

simd! {
    /// The gates from their sums `a`, which they replace, and `b`; then `c`, which it updates, and `h`.
    pub(super) fn lstm<S>(
        i: &mut [f32], f: &mut [f32], g: &mut [f32], o: &mut [f32],
        bi: &[f32], bf: &[f32], bg: &[f32], bo: &[f32],
        c: &mut [f32], h: &mut [f32],
    ) {
        let n = h.len();
        let (i, f, g, o, c) = (&mut i[..n], &mut f[..n], &mut g[..n], &mut o[..n], &mut c[..n]);
        let (bi, bf, bg, bo) = (&bi[..n], &bf[..n], &bg[..n], &bo[..n]);
        for j in 0..n {
            let sums = (i[j] + bi[j], f[j] + bf[j], o[j] + bo[j], g[j] + bg[j]);
            (i[j], f[j], o[j], g[j]) = math::three_sigmoids_and_tanh::<S>(sums.0, sums.1, sums.2, sums.3);
            c[j] = S::mul_add(f[j], c[j], i[j] * g[j]);
            h[j] = o[j] * math::tanh::<S>(c[j]);
        }
    }

    /// From the gradients to `h` and to `c` the gradients to the sums, and to the `c` before, which replaces that to `c`.
    pub(super) fn lstm_backward<S>(
        i: &[f32], f: &[f32], g: &[f32], o: &[f32], c: &[f32], before: &[f32], dh: &[f32],
        dc: &mut [f32], di: &mut [f32], df: &mut [f32], dg: &mut [f32], d_o: &mut [f32],
    ) {
        let n = dc.len();
        let (i, f, g, o, c, before, dh) = (&i[..n], &f[..n], &g[..n], &o[..n], &c[..n], &before[..n], &dh[..n]);
        let (di, df, dg, d_o) = (&mut di[..n], &mut df[..n], &mut dg[..n], &mut d_o[..n]);
        for j in 0..n {
            let t = math::tanh::<S>(c[j]);
            let d = S::mul_add(dh[j] * o[j], 1.0 - t * t, dc[j]);
            d_o[j] = dh[j] * t * o[j] * (1.0 - o[j]);
            di[j] = d * g[j] * i[j] * (1.0 - i[j]);
            df[j] = d * before[j] * f[j] * (1.0 - f[j]);
            dg[j] = d * i[j] * (1.0 - g[j] * g[j]);
            dc[j] = d * f[j];
        }
    }

    /// `o·tanh(c)`, to which a projection is applied.
    pub(super) fn lstm_output<S>(o: &[f32], c: &[f32], to: &mut [f32]) {
        let n = to.len();
        let (o, c) = (&o[..n], &c[..n]);
        for j in 0..n {
            to[j] = o[j] * math::tanh::<S>(c[j]);
        }
    }

    /// The gates from their sums `a`, which they replace, and `b`; then `h`, which it updates.
    pub(super) fn gru<S>(
        r: &mut [f32], z: &mut [f32], n: &mut [f32], br: &[f32], bz: &[f32], bn: &[f32], h: &mut [f32],
    ) {
        let len = h.len();
        let (r, z, n) = (&mut r[..len], &mut z[..len], &mut n[..len]);
        let (br, bz, bn) = (&br[..len], &bz[..len], &bn[..len]);
        for j in 0..len {
            (r[j], z[j]) = math::two_sigmoids::<S>(r[j] + br[j], z[j] + bz[j]);
            n[j] = math::tanh::<S>(S::mul_add(r[j], bn[j], n[j]));
            h[j] = S::mul_add(z[j], h[j] - n[j], n[j]);
        }
    }

    /// From the gradient to `h` the gradients to `a`, of which the part of `n` becomes that of `b` by a factor `r`, and the part of
    /// the gradient to the `h` before that does not go through the product, which replaces that to `h`.
    pub(super) fn gru_backward<S>(
        r: &[f32], z: &[f32], n: &[f32], bn: &[f32], before: &[f32],
        dh: &mut [f32], dr: &mut [f32], dz: &mut [f32], dn: &mut [f32], dbn: &mut [f32],
    ) {
        let len = dh.len();
        let (r, z, n, bn, before) = (&r[..len], &z[..len], &n[..len], &bn[..len], &before[..len]);
        let (dr, dz, dn, dbn) = (&mut dr[..len], &mut dz[..len], &mut dn[..len], &mut dbn[..len]);
        for j in 0..len {
            let d = dh[j] * (1.0 - z[j]) * (1.0 - n[j] * n[j]);
            dn[j] = d;
            dbn[j] = d * r[j];
            dr[j] = d * bn[j] * r[j] * (1.0 - r[j]);
            dz[j] = dh[j] * (before[j] - n[j]) * z[j] * (1.0 - z[j]);
            dh[j] *= z[j];
        }
    }

    /// `h` from its sum `a`, which it replaces, and `b`.
    pub(super) fn tanh<S>(a: &mut [f32], b: &[f32], h: &mut [f32]) {
        let n = h.len();
        let (a, b) = (&mut a[..n], &b[..n]);
        for j in 0..n {
            h[j] = math::tanh::<S>(a[j] + b[j]);
            a[j] = h[j];
        }
    }

    /// `h` from its sum `a`, which it replaces, and `b`.
    pub(super) fn relu<S>(a: &mut [f32], b: &[f32], h: &mut [f32]) {
        let n = h.len();
        let (a, b) = (&mut a[..n], &b[..n]);
        for j in 0..n {
            let sum = a[j] + b[j];
            // NaN stays NaN.
            h[j] = if sum < 0.0 { 0.0 } else { sum };
            a[j] = h[j];
        }
    }

    /// The gradient to the sums from `h` and its gradient.
    pub(super) fn tanh_backward<S>(h: &[f32], dh: &[f32], d: &mut [f32]) {
        let n = d.len();
        let (h, dh) = (&h[..n], &dh[..n]);
        for j in 0..n {
            d[j] = dh[j] * (1.0 - h[j] * h[j]);
        }
    }

    /// The gradient to the sums from `h` and its gradient.
    pub(super) fn relu_backward<S>(h: &[f32], dh: &[f32], d: &mut [f32]) {
        let n = d.len();
        let (h, dh) = (&h[..n], &dh[..n]);
        for j in 0..n {
            d[j] = if h[j] > 0.0 { dh[j] } else { 0.0 };
        }
    }

    /// `to += x`.
    pub(super) fn add<S>(to: &mut [f32], x: &[f32]) {
        for (to, x) in to.iter_mut().zip(x) {
            *to += x;
        }
    }
}
