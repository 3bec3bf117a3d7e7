// SPDX-License-Identifier: Apache-2.0
// Boost.URL, compiled into the fake: the tests need no further shared library for it.
#include <boost/url/src.hpp>
