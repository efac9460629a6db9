// Teams: the threads that work on one row together: a single one, a warp or a block, as its length asks for (team.rs).
#pragma once

struct Team {
    /// The team's first row, and how far its next one is: `for (u64 row = team.row; row < rows; row += team.step)`.
    u64 row, step;
    /// The number of this thread in the team: `for (u64 i = team.lane; i < n; i += team.lanes)`.
    u32 lane, lanes;
};

/// This thread's team: `lanes` is 1, 32 or all threads of a block.
DEVICE Team team_of(u32 lanes) {
    u32 teams = blockDim.x / lanes;
    return Team{(u64)blockIdx.x * teams + threadIdx.x / lanes, (u64)gridDim.x * teams, threadIdx.x % lanes, lanes};
}

/// The sum over a team, in all its threads; all of them call it.
DEVICE float team_sum(Team team, float v, SharedArray<float, WARP>& partial) {
    if (team.lanes == 1) return v;
    return team.lanes == WARP ? warp_sum(v) : block_sum(v, partial);
}
/// The largest number of a team; NaN if there is one.
DEVICE float team_max(Team team, float v, SharedArray<float, WARP>& partial) {
    if (team.lanes == 1) return v;
    return team.lanes == WARP ? warp_max(v) : block_max(v, partial);
}

/// `a`, or `b` if it is larger or NaN.
DEVICE float larger(float a, float b) { return b > a || b != b ? b : a; }
