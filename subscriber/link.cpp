// SPDX-License-Identifier: Apache-2.0
#include "subscriber/link.hpp"

namespace cattle::subscriber {

void Link::set_deadline(std::chrono::milliseconds limit) {
  const unsigned round = ++deadline_round_;
  timed_out_ = false;
  deadline_.expires_after(limit);
  deadline_.async_wait([self = shared_from_this(), round](const boost::system::error_code& error) {
    if (error || round != self->deadline_round_) return;
    self->timed_out_ = true;
    boost::system::error_code ignored;
    self->socket_.close(ignored);
  });
}

void Link::await_answer(std::chrono::milliseconds begin, std::chrono::milliseconds rest) {
  answer_begin_.clear();
  answer_rest_ = rest;
  awaiting_ = true;
  set_deadline(begin);
}

void Link::clear_deadline() {
  awaiting_ = false;
  ++deadline_round_;
  deadline_.cancel();
}

void Link::close() {
  closed_ = true;
  clear_deadline();
  answer_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void beast_close_socket(Link& link) {
  link.close();
}

}  // namespace cattle::subscriber
