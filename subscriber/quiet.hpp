// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cattle::subscriber {

/// Completion token: an operation's error is its first result. A peer that goes away is an expected answer.
inline constexpr auto kQuiet = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace cattle::subscriber
