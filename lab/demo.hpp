// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cattle::lab {

struct DemoOptions {
  std::string agent_program;
  std::string docker_host;
  std::string image;      ///< Present on the engine, with /bin/sh.
  std::string directory;  ///< Exists; the agent's state, log and console go there.
  bool keep = false;
};

/// The story of `make demo`: a server in this process, a real agent as a child, one life of a container told
/// step by step. Returns the exit code: 0, or 1 after saying what went wrong.
int run_demo(const DemoOptions& options);

}  // namespace cattle::lab
