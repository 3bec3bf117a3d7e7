// SPDX-License-Identifier: Apache-2.0
// The one place where Asio's and Beast's non-template code is compiled (third_party_asio asks for that).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
