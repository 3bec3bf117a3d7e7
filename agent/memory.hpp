// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cattle::agent {

/// How malloc is to behave in a program that mostly waits: few arenas, and what a burst took goes back soon.
/// First thing in main, before any thread.
void prefer_little_memory();

/// Gives back what a burst or the start left behind: free heap, and pages of the program's own code that were
/// needed once. The kernel has the latter in its cache and maps them again when they are wanted. Any thread;
/// takes about a millisecond.
void give_memory_back();

}  // namespace cattle::agent
