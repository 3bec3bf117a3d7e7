// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/config_archive.hpp"

#include "handlers/errors.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <sstream>
#include <vector>

namespace cattle::handlers {
namespace {

constexpr std::size_t kMostBytes = 64U << 20U;
constexpr std::string_view kVersionLine = "version:";

/// Everything in the archive by its whole path, top directory included.
using Entries = std::map<std::string, std::string>;

struct Sums {
  const char* list;     ///< File that holds a line for each file.
  const char* of_list;  ///< File that holds the line for `list`.
  const EVP_MD* digest;
};

std::string hex_digest(const EVP_MD* digest, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &length, digest, nullptr) != 1) {
    throw OperationError("config item: no digest could be computed");
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned index = 0; index < length; ++index) {
    hex.push_back(kDigits[bytes[index] >> 4U]);
    hex.push_back(kDigits[bytes[index] & 0x0FU]);
  }
  return hex;
}

/// Refuses what could point outside of the archive's own directory.
void check_path(const std::string& path) {
  std::istringstream segments(path);
  for (std::string segment; std::getline(segments, segment, '/');) {
    if (segment == "..")
      throw OperationError("config item: the archive holds a path that leaves its directory");
  }
  if (path.empty() || path.front() == '/')
    throw OperationError("config item: the archive holds an absolute path");
}

std::string read_entry(archive* source, std::size_t& total) {
  std::string content;
  std::array<char, 16'384> block{};
  for (;;) {
    const auto got = archive_read_data(source, block.data(), block.size());
    if (got < 0)
      throw OperationError(std::string("config item: damaged archive: ") + archive_error_string(source));
    if (got == 0) return content;
    total += static_cast<std::size_t>(got);
    if (total > kMostBytes) throw OperationError("config item: the archive is larger than 64 MiB");
    content.append(block.data(), static_cast<std::size_t>(got));
  }
}

Entries unpack(std::string_view bytes) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> source(archive_read_new(), &archive_read_free);
  archive_read_support_format_tar(source.get());
  archive_read_support_filter_gzip(source.get());
  if (archive_read_open_memory(source.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    throw OperationError("config item: what the server sent is no archive");
  }
  Entries entries;
  std::size_t total = 0;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(source.get(), &entry)) == ARCHIVE_OK) {
    const char* name = archive_entry_pathname(entry);
    const std::string path = name == nullptr ? "" : name;
    check_path(path);
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) {
      throw OperationError("config item: the archive holds something else than files: " + path);
    }
    entries[path] = read_entry(source.get(), total);
  }
  if (status != ARCHIVE_EOF) {
    throw OperationError(std::string("config item: damaged archive: ") + archive_error_string(source.get()));
  }
  return entries;
}

std::string top_directory(const Entries& entries) {
  if (entries.empty()) throw OperationError("config item: the archive is empty");
  auto top = entries.begin()->first.substr(0, entries.begin()->first.find('/') + 1);
  for (const auto& entry : entries) {
    if (top.empty() || !entry.first.starts_with(top)) {
      throw OperationError("config item: the archive has more than one top directory");
    }
  }
  return top;
}

/// `<hex> *<path>` by path.
std::map<std::string, std::string> parse_sums(const std::string& text) {
  std::map<std::string, std::string> sums;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    if (space == std::string::npos) continue;
    const auto name = line.find_first_not_of(" *", space);
    if (name != std::string::npos) sums[line.substr(name)] = line.substr(0, space);
  }
  return sums;
}

void check_sum(const std::map<std::string, std::string>& sums, const std::string& path,
               const std::string& content, const EVP_MD* digest) {
  const auto found = sums.find(path);
  if (found == sums.end()) throw OperationError("config item: the archive has no sum for " + path);
  if (found->second != hex_digest(digest, content))
    throw OperationError("config item: the sum of " + path + " is wrong");
}

bool is_sum_file(const std::string& name) {
  return name == "SHA1SUMS" || name == "SHA1SUMSSUM" || name == "SHA256SUMS" || name == "SHA256SUMSSUM";
}

void check_sums(const Entries& entries, const std::string& top) {
  const std::array<Sums, 2> pairs{Sums{"SHA256SUMS", "SHA256SUMSSUM", EVP_sha256()},
                                  Sums{"SHA1SUMS", "SHA1SUMSSUM", EVP_sha1()}};
  for (const auto& pair : pairs) {
    const auto list = entries.find(top + pair.list);
    const auto of_list = entries.find(top + pair.of_list);
    if (list == entries.end() || of_list == entries.end()) continue;
    check_sum(parse_sums(of_list->second), list->first, list->second, pair.digest);
    const auto sums = parse_sums(list->second);
    for (const auto& [path, content] : entries) {
      if (!is_sum_file(path.substr(top.size()))) check_sum(sums, path, content, pair.digest);
    }
    return;
  }
  throw OperationError("config item: the archive has no SHA256SUMS or SHA1SUMS pair");
}

std::string without_line_end(const std::string& text) {
  const auto last = text.find_last_not_of(" \r\n");
  return last == std::string::npos ? std::string() : text.substr(0, last + 1);
}

}  // namespace

ConfigArchive read_config_archive(std::string_view bytes) {
  ConfigArchive result;
  if (bytes.starts_with(kVersionLine)) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) throw OperationError("config item: nothing follows the version line");
    result.version =
        without_line_end(std::string(bytes.substr(kVersionLine.size(), end - kVersionLine.size())));
    bytes.remove_prefix(end + 1);
  }
  const auto entries = unpack(bytes);
  const auto top = top_directory(entries);
  check_sums(entries, top);
  for (const auto& [path, content] : entries) {
    const auto name = path.substr(top.size());
    if (name == "uptodate") {
      result.up_to_date = true;
      result.version = without_line_end(content);
    } else if (name == "version") {
      result.version = without_line_end(content);
    } else if (!is_sum_file(name)) {
      result.files[name] = content;
    }
  }
  return result;
}

}  // namespace cattle::handlers
