// SPDX-License-Identifier: Apache-2.0
#include "lab/demo.hpp"
namespace cattle::lab {
int run_demo(const DemoOptions&) {
  return 1;
}
}  // namespace cattle::lab
