// SPDX-License-Identifier: Apache-2.0
// Boost.URL comes without a packaged library. On its own, so that a program which has it already takes
// nothing from here.
#include <boost/url/src.hpp>
