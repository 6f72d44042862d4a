// The yardstick: simdjson's on-demand parser reads every field of every document of FILE, strings and keys unescaped, numbers as numbers,
// and makes nothing of them. Usage: bench_read FILE
#include <algorithm>
#include <cstdio>
#include <cstring>

#include <simdjson.h>

#include "passes.h"

using namespace simdjson;

namespace {

unsigned long long sink; // so that nothing read is for nothing

void read_value(ondemand::value v)
{
    switch (v.type()) {
    case ondemand::json_type::object:
        for (auto field : v.get_object()) {
            sink += std::string_view(field.unescaped_key()).size();
            read_value(field.value());
        }
        break;
    case ondemand::json_type::array:
        for (auto item : v.get_array()) read_value(item.value());
        break;
    case ondemand::json_type::string: sink += std::string_view(v.get_string()).size(); break;
    case ondemand::json_type::number: {
        ondemand::number number;
        if (v.get_number().get(number) == SUCCESS)
            sink += static_cast<unsigned long long>(number.get_number_type());
        else
            sink += v.raw_json_token().size(); // beyond 64 bits
        break;
    }
    case ondemand::json_type::boolean: sink += bool(v.get_bool()); break;
    case ondemand::json_type::null: sink += v.is_null(); break;
    }
}

size_t longest_line(const char *p, size_t n)
{
    size_t longest = 0;
    for (size_t at = 0; at < n;) {
        const void *end = memchr(p + at, '\n', n - at);
        size_t line = end ? static_cast<size_t>(static_cast<const char *>(end) - (p + at)) + 1 : n - at;
        longest = std::max(longest, line);
        at += line;
    }
    return longest;
}

struct job {
    ondemand::parser parser;
    size_t window = 0;
};

void read_all(void *ctx, const char *p, size_t n, struct pass_counts *out)
{
    auto *j = static_cast<job *>(ctx);
    if (j->window == 0) j->window = std::max<size_t>(size_t(1) << 20, longest_line(p, n) + 64);
    ondemand::document_stream documents = j->parser.iterate_many(p, n, j->window);
    for (auto document : documents) {
        for (auto field : document.get_object()) {
            sink += std::string_view(field.unescaped_key()).size();
            read_value(field.value());
        }
        out->records++;
    }
    out->bytes_out = 0;
    if (documents.truncated_bytes() > 0) throw simdjson_error(CAPACITY);
}

} // namespace

int main(int argc, char **argv)
{
    job j;
    if (argc != 2) return 2;
    try {
        return passes_run(argv[1], SIMDJSON_PADDING, read_all, &j);
    } catch (const simdjson_error &e) {
        std::fprintf(stderr, "bench_read: %s\n", e.what());
        return 1;
    }
}
