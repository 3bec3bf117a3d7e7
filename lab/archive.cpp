// SPDX-License-Identifier: Apache-2.0
#include "lab/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace cattle::lab {
namespace {

struct ArchiveFree {
  void operator()(archive* open) const { archive_write_free(open); }
};
struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t append(archive*, void* target, const void* bytes, std::size_t count) {
  static_cast<std::string*>(target)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

void check(archive* open, int result) {
  if (result != ARCHIVE_OK) throw std::runtime_error(std::string("archive: ") + archive_error_string(open));
}

void write_file(archive* open, const std::string& path, const std::string& content) {
  static constexpr int kMode = 0644;
  const std::unique_ptr<archive_entry, EntryFree> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), kMode);
  archive_entry_set_uname(entry.get(), "root");
  archive_entry_set_gname(entry.get(), "root");
  check(open, archive_write_header(open, entry.get()));
  if (archive_write_data(open, content.data(), content.size()) < 0) check(open, ARCHIVE_FATAL);
}

}  // namespace

std::string hex_digest(const std::string& bytes, Digest digest) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int length = 0;
  const EVP_MD* kind = digest == Digest::sha1 ? EVP_sha1() : EVP_sha256();
  if (EVP_Digest(bytes.data(), bytes.size(), raw.data(), &length, kind, nullptr) != 1)
    throw std::runtime_error("digest failed");
  std::string out;
  for (unsigned int i = 0; i < length; ++i) {
    out += kHex[raw.at(i) >> 4U];
    out += kHex[raw.at(i) & 0xfU];
  }
  return out;
}

std::string make_archive(const std::string& top, std::vector<std::pair<std::string, std::string>> files,
                         Digest digest) {
  const std::string name = digest == Digest::sha1 ? "SHA1SUMS" : "SHA256SUMS";
  std::string sums;
  for (const auto& [path, content] : files)
    sums.append(hex_digest(content, digest)).append(" *").append(top).append("/").append(path).append("\n");
  files.emplace_back(name, sums);
  files.emplace_back(name + "SUM", hex_digest(sums, digest) + " *" + top + "/" + name + "\n");

  std::string out;
  const std::unique_ptr<archive, ArchiveFree> open(archive_write_new());
  check(open.get(), archive_write_set_format_gnutar(open.get()));
  check(open.get(), archive_write_add_filter_gzip(open.get()));
  check(open.get(), archive_write_set_bytes_in_last_block(open.get(), 1));
  check(open.get(), archive_write_open(open.get(), &out, nullptr, append, nullptr));
  for (const auto& [path, content] : files) {
    std::string full = top;
    full += '/';
    full += path;
    write_file(open.get(), full, content);
  }
  check(open.get(), archive_write_close(open.get()));
  return out;
}

}  // namespace cattle::lab
