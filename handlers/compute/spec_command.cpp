// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"
#include "handlers/errors.hpp"

#include <cctype>
#include <optional>

namespace cattle::handlers {
namespace {

/// Cuts a command line into words as a POSIX shell does, without expanding anything.
class WordSplitter {
 public:
  /// nullopt: a quote is open at the end.
  std::optional<std::vector<std::string>> split(const std::string& line) {
    for (std::size_t at = 0; at < line.size(); ++at) {
      const char letter = line[at];
      if (letter == '\\' && quote_ != '\'') {
        if (++at == line.size()) return std::nullopt;
        add_escaped(line[at]);
      } else if (quote_ != 0) {
        add_quoted(letter);
      } else {
        add_plain(letter);
      }
    }
    if (quote_ != 0) return std::nullopt;
    end_word();
    return std::move(words_);
  }

 private:
  void add(char letter) {
    word_ += letter;
    open_ = true;
  }

  /// Between double quotes a backslash only escapes what it would otherwise end or escape.
  void add_escaped(char letter) {
    if (quote_ == '"' && letter != '"' && letter != '\\') add('\\');
    add(letter);
  }

  void add_quoted(char letter) {
    if (letter == quote_) {
      quote_ = 0;
    } else {
      add(letter);
    }
  }

  void add_plain(char letter) {
    if (letter == '\'' || letter == '"') {
      quote_ = letter;
      open_ = true;  // '' is a word of its own
    } else if (std::isspace(static_cast<unsigned char>(letter)) != 0) {
      end_word();
    } else {
      add(letter);
    }
  }

  void end_word() {
    if (open_) words_.push_back(std::move(word_));
    word_.clear();
    open_ = false;
  }

  std::vector<std::string> words_;
  std::string word_;
  bool open_ = false;
  char quote_ = 0;
};

/// The string form of old data: with arguments it is the program, alone it is a command line (H28).
std::vector<std::string> command_of_text(const JsonFields& settings, const std::string& command) {
  if (command.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  auto arguments = settings.texts("commandArgs").value_or(std::vector<std::string>{});
  if (!arguments.empty()) {
    arguments.insert(arguments.begin(), command);
    return arguments;
  }
  auto words = WordSplitter().split(command);
  if (!words) settings.fail("command", "a command line with closed quotes");
  return *words;
}

}  // namespace

void add_command(SpecDraft& draft) {
  const JsonFields& settings = draft.settings;
  // An empty list clears the image's entrypoint; null keeps it.
  if (auto entrypoint = settings.texts("entryPoint")) draft.config["Entrypoint"] = *entrypoint;
  const nlohmann::json* command = settings.find("command");
  if (command == nullptr) return;
  std::vector<std::string> words;
  if (command->is_string()) {
    words = command_of_text(settings, command->get<std::string>());
  } else if (command->is_array()) {
    words = settings.texts("command").value();
  } else {
    settings.fail("command", "a list of strings or a string");
  }
  if (!words.empty()) draft.config["Cmd"] = words;
}

}  // namespace cattle::handlers
