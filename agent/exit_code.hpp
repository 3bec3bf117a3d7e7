// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cattle::agent {

/// What `cattle-agent` ends with. The doctor's and the registration's own codes are above 9 and beside
/// theirs.
namespace exit_code {
inline constexpr int kSuccess =
    0;  ///< Also: ended by SIGTERM or SIGINT, running work finished or its grace time over.
inline constexpr int kUnexpected = 1;  ///< A fault of the program or the host.
inline constexpr int kErrorReply = 3;  ///< `event`: the reply is an error.
inline constexpr int kNotFound = 4;    ///< `explain`: the log knows no such event or container.
inline constexpr int kReplaced = 5;    ///< `run` under a server's package: the server names another program.
inline constexpr int kBeside = 6;      ///< `run`: an agent container runs on this host already.
inline constexpr int kUsage = 64;      ///< The command line can't be understood.
inline constexpr int kNoInput = 66;    ///< `event`, `explain`: the file can't be read, or holds no event.
inline constexpr int kConfiguration = 78;  ///< A setting is missing or wrong; its variable is named.
inline constexpr int kSignal = 128;        ///< Plus the signal's number: a second signal ended it at once.
}  // namespace exit_code

/// The table of the above, for --help.
inline constexpr const char* kExitCodesHelp =
    "Exit codes: 0 success, or ended by SIGTERM/SIGINT; 1 unexpected failure; 3 the event's reply is an "
    "error; "
    "4 nothing found in the log; 5 the server names another program; 6 an agent container runs here already; "
    "64 wrong command line; 66 input file; 78 configuration (the variable is named); "
    "128+n ended at once by a second signal n.";

}  // namespace cattle::agent
