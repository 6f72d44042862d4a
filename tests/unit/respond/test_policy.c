/* logic/respond: the policy. Refusals word for word with their places; conditions as a table of facts and answers; counts; the
 * built-in policy against what it promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "logic/respond/policy.h"

enum { TEXT_MAX = 4000 };

static bool give_list(void *ctx, struct str file, struct buf *out, struct err *e)
{
    (void)ctx;
    if (str_eq(file, STR("bad.txt"))) return buf_add_str(out, STR("# fine\n198.51.100.7\nwhat is this\n"));
    if (!str_eq(file, STR("c2.txt"))) return err_set(e, &policy_causes[POLICY_LIST], "there is no file c2");
    return buf_add_str(
        out,
        STR("\xef\xbb\xbf# command and control\r\n203.0.113.0/24, seen in May\r\nhxxps://Evil[.]Example/drop?a=1,2\n"
            "bad.example\n2001:db8::/32\nD41D8CD98F00B204E9800998ECF8427E\n; end\n"));
}

static const char tzif[] =
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4\0\0\0\0\0\0UTC\0"
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4\0\0\0\0\0\0UTC\0"
    "\nCET-1CEST,M3.5.0,M10.5.0/3\n";

static bool give_zone(void *ctx, struct str name, struct buf *out, struct err *e)
{
    (void)ctx;
    if (!str_eq(name, STR("Europe/Berlin"))) return err_set(e, &policy_causes[POLICY_ZONE], "none");
    return buf_add(out, tzif, sizeof tzif - 1);
}

static const struct policy_files files = {.list = give_list, .zone = give_zone};

static struct policy *compile(const char *text)
{
    struct err e = {0};
    struct policy *p = policy_compile(str_of(text), "p.yaml", &files, &e);
    if (p == NULL) fail_msg("%s", e.text);
    return p;
}

/* ---- refusals --------------------------------------------------------------------------------------------------------- */
#define RULE(more) "policy: 1\nrules:\n  - name: r\n    then: isolate\n" more

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
        int cause;
    } rows[] = {
        {"rules: []\n", "p.yaml:1:1: policy: 1 must stand at its top: the version of the language it is written in",
         POLICY_BAD},
        {"policy: 2\nrules: []\n",
         "p.yaml:1:9: policy: 1 must stand at its top: the version of the language it is written in", POLICY_BAD},
        {"policy: 1\nrules: []\n", "p.yaml:2:8: rules: must be a list of at least one rule", POLICY_BAD},
        {"policy: 1\nrule: []\n", "p.yaml:2:1: the word \"rule\" is not known; did you mean rules?",
         POLICY_UNKNOWN_WORD},
        {RULE("    when: {severty: high}\n"),
         "p.yaml:5:12: the condition \"severty\" is not known; did you mean severity?", POLICY_UNKNOWN_WORD},
        {RULE("    when: {severity: hgih}\n"), "p.yaml:5:22: severity \"hgih\" is not known; did you mean high?",
         POLICY_UNKNOWN_WORD},
        {RULE("    when: {device: {tags: x}}\n"), "p.yaml:5:21: the condition \"tags\" is not known; did you mean tag?",
         POLICY_UNKNOWN_WORD},
        {RULE("    when: {technique: T12}\n"), "p.yaml:5:23: a technique looks like T1486 or T1003.001", POLICY_BAD},
        {RULE("    when: {hash: abc}\n"), "p.yaml:5:18: this is no hash", POLICY_BAD},
        {RULE("    when: {address: 203.0.113.0/33}\n"), "p.yaml:5:21: this is no address", POLICY_BAD},
        {RULE("    when: {intel: c2}\n"),
         "p.yaml:5:19: there is no list of that name: this policy has no lists:", POLICY_UNKNOWN_WORD},
        {RULE("    when: {time: 9-17}\n"), "p.yaml:5:18: a time of day is a span: 22:00-06:00", POLICY_BAD},
        {RULE("    when: {time: 09:00-17:00 Europe/Bonn}\n"), "p.yaml:5:18: there is no time zone \"Europe/Bonn\"",
         POLICY_ZONE},
        {RULE("    when: {time: 09:00-17:00 ../Bonn}\n"), "p.yaml:5:18: there is no time zone \"../Bonn\"",
         POLICY_ZONE},
        {RULE("    when: {day: tomorrow}\n"),
         "p.yaml:5:17: a day is mon, tue, wed, thu, fri, sat, sun, or a span: mon-fri", POLICY_BAD},
        {RULE("    when: {severity: []}\n"), "p.yaml:5:22: severity has no value: it would never hold", POLICY_BAD},
        {RULE("    when: {}\n"), "p.yaml:5:11: conditions are a map: {severity: high, category: ransomware}",
         POLICY_BAD},
        {RULE("    mode: automatic\n"),
         "p.yaml:5:11: the mode \"automatic\" is not known; there are: off, shadow, approve, auto",
         POLICY_UNKNOWN_WORD},
        {RULE("    lease: 5s\n"), "p.yaml:5:12: a lease is a time from 1m to 90d, such as 24h", POLICY_BAD},
        {RULE("    count: 3 per title\n"),
         "p.yaml:5:12: count: is like `3 in 10m per title, device`: so many alerts (2 to 100) "
         "within a time (up to 7d), alike in that",
         POLICY_BAD},
        {RULE("    count: 3 in 10m per titel\n"), "p.yaml:5:12: count per \"titel\" is not known; did you mean title?",
         POLICY_UNKNOWN_WORD},
        {RULE("    fallback: {ofline: restrict}\n"),
         "p.yaml:5:16: the kind of failure \"ofline\" is not known; did you mean offline?", POLICY_UNKNOWN_WORD},
        {RULE("    fallback: {any: notice}\n"), "p.yaml:5:21: a person is told of every failure anyway; remove this",
         POLICY_BAD},
        {RULE("    for: incidents\n"),
         "p.yaml:4:11: an incident has no device of its own, its alerts have: then: notice, or for: alerts",
         POLICY_BAD},
        {RULE("  - name: r\n    then: notice\n"), "p.yaml:5:11: the rule in line 3 has this name already", POLICY_BAD},
        {RULE("  - name: s\n    then: notice\n"),
         "p.yaml:5:5: this rule is never reached: the one in line 3 has no conditions and takes everything",
         POLICY_BAD},
        {"policy: 1\nrules:\n  - then: notice\n", "p.yaml:3:5: the rule has no name:", POLICY_BAD},
        {"policy: 1\nrules:\n  - name: r\n", "p.yaml:3:5: the rule does not say what to do: then:", POLICY_BAD},
        {"policy: 1\nrules:\n  - name: r\n    then: notice\n    servers: allow\n",
         "p.yaml:5:14: servers: means nothing in a rule that only tells", POLICY_BAD},
        {"policy: 1\nrules:\n  - {name: r, then: scan, lease: 1h}\n", "p.yaml:3:34: only an isolation has a lease",
         POLICY_BAD},
        {"policy: 1\nlists:\n  a: [198.51.100.1, nonsense]\nrules:\n  - {name: r, then: notice}\n",
         "p.yaml:3:21: this is no hash, address, domain, URL or technique", POLICY_LIST},
        {"policy: 1\nlists:\n  a: {file: bad.txt}\nrules:\n  - {name: r, then: notice}\n",
         "p.yaml:3:13: line 3 of \"bad.txt\" is no hash, address, domain, URL or technique", POLICY_LIST},
        {"policy: 1\nlists:\n  a: {file: no.txt}\nrules:\n  - {name: r, then: notice}\n",
         "p.yaml:3:13: there is no file c2", POLICY_LIST},
        {"policy: 1\nlists:\n  a: [198.51.100.1]\nrules:\n  - {name: r, then: notice, when: {title: {list: a}}}\n",
         "p.yaml:5:50: the list \"a\" has nothing in it that title could be; it wants `kind: text`", POLICY_BAD},
        {RULE("examples:\n  - {name: x, alert: {severty: high}, expect: notice}\n"),
         "p.yaml:6:23: alert \"severty\" is not known; did you mean severity?", POLICY_UNKNOWN_WORD},
        {RULE("examples:\n  - {name: x, expect: notice}\n"),
         "p.yaml:6:5: an example has an alert: (or incident:) in words, or a row: as Defender gave it", POLICY_BAD},
        {RULE("examples:\n  - {name: x, alert: {severity: high}, expect: {rule: s}}\n"),
         "p.yaml:6:55: there is no rule of that name", POLICY_UNKNOWN_WORD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        struct policy *p = policy_compile(str_of(rows[i].text), "p.yaml", &files, &e);
        if (p) fail_msg("compiled: %s", rows[i].text);
        assert_string_equal(e.text, rows[i].said);
        assert_ptr_equal(e.cause, &policy_causes[rows[i].cause]);
    }
}

/* ---- conditions --------------------------------------------------------------------------------------------------------- */
static const struct str tags[] = {{"vip", 3}, {"Kiosk", 5}};
static const struct str categories[] = {{"Ransomware", 10}, {"Impact", 6}};
static const struct str techniques[] = {{"T1486", 5}, {"T1003.001", 9}};
static const struct fact_value values[] = {
    {{"203.0.113.77", 12}, VALUE_ADDRESS},
    {{"https://cdn.bad.example:8443/x", 30}, VALUE_URL},
    {{"d41d8cd98f00b204e9800998ecf8427e", 32}, VALUE_HASH},
    {{"mail.other.example", 18}, VALUE_DOMAIN},
};

struct sample {
    struct alert_facts facts;
    struct fact_device device;
    struct fact_user users[2];
};

static void make_sample(struct sample *s)
{
    *s = (struct sample){
        .device = {.id = STR("1e5bc9d7e413ddd7902c2932e418702b84d0cc07"),
                   .name = STR("pc1.contoso.example"),
                   .os = STR("Windows11"),
                   .group = STR("Paris"),
                   .tags = {tags, 2},
                   .roles = ROLE_PRIMARY | ROLE_COMPROMISED,
                   .verdict = VERDICT_SUSPICIOUS},
        .users = {{.name = STR("ann@contoso.example"), .roles = ROLE_COMPROMISED},
                  {.name = STR("svc"), .roles = ROLE_CONTEXTUAL}},
    };
    s->facts = (struct alert_facts){
        .id = STR("da1"),
        .tenant = STR("t1"),
        .tenant_name = STR("Contoso"),
        .organization = STR("Contoso Group"),
        .title = STR("Ransomware behaviour in the file system"),
        .categories = {categories, 2},
        .severity = SEVERITY_MEDIUM,
        .status = STATUS_NEW,
        .service = SERVICE_ENDPOINT,
        .detection = STR("antivirus"),
        .detector = STR("d-1"),
        .techniques = {techniques, 2},
        .handled = HANDLED_PARTLY,
        .devices = &s->device,
        .device_count = 1,
        .users = s->users,
        .user_count = 2,
        .values = values,
        .value_count = 4,
        .threat = STR("Ryuk"),
    };
    assert_true(wall_parse(STR("2026-07-01T21:30:00Z"), &s->facts.created)); /* a Wednesday, 23:30 in Berlin */
}

static struct judgement judge(const char *text, const struct sample *s, struct policy_counter *counter)
{
    struct policy *p = compile(text);
    struct policy_context c = {
        .mode = MODE_AUTO, .isolation = WISH_ISOLATE_FULL, .now = s->facts.created, .counter = counter};
    struct judgement j;
    policy_judge(p, &s->facts, &c, &j);
    policy_free(p);
    return j;
}

static void conditions(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        char answer; /* y, n, or ? for the machine must be asked */
    } rows[] = {
        {"{severity: medium}", 'y'},
        {"{severity: [low, high]}", 'n'},
        {"{severity: medium+}", 'y'},
        {"{severity: high+}", 'n'},
        {"{category: ransomware}", 'y'},
        {"{category: impact}", 'y'},
        {"{category: ransom}", 'n'},
        {"{category: ransom*}", 'y'},
        {"{technique: T1486}", 'y'},
        {"{technique: t1003}", 'y'},
        {"{technique: T1003.001}", 'y'},
        {"{technique: T1003.006}", 'n'},
        {"{technique: {list: severe}}", 'y'},
        {"{title: '*file system'}", 'y'},
        {"{title: file system}", 'n'},
        {"{title: '*behav*file*'}", 'y'},
        {"{service: endpoint}", 'y'},
        {"{service: microsoftDefenderForEndpoint}", 'y'},
        {"{service: identity}", 'n'},
        {"{detection: ANTIVIRUS}", 'y'},
        {"{detector: d-2}", 'n'},
        {"{threat: ryuk}", 'y'},
        {"{handled: wholly}", 'n'},
        {"{not: {handled: wholly}}", 'y'},
        {"{handled: [no, partly]}", 'y'},
        {"{status: new}", 'y'},
        {"{classification: unknown}", 'y'},
        {"{assigned: no}", 'y'},
        {"{custom_detection: yes}", 'n'},
        {"{tenant: t1}", 'y'},
        {"{tenant: contoso}", 'y'},
        {"{organization: Contoso*}", 'y'},
        /* several words: all; several values: any */
        {"{severity: medium, category: ransomware}", 'y'},
        {"{severity: medium, category: malware}", 'n'},
        {"{any: [{severity: high}, {category: impact}]}", 'y'},
        {"{any: [{severity: high}, {category: malware}]}", 'n'},
        {"{all: [{severity: medium}, {not: {category: malware}}]}", 'y'},
        {"{not: [{severity: high}, {category: impact}]}", 'n'},
        /* devices */
        {"{device: {name: pc1}}", 'y'},
        {"{device: {name: pc1.contoso.example}}", 'y'},
        {"{device: {name: pc}}", 'n'},
        {"{device: {os: windows*}}", 'y'},
        {"{device: {type: workstation}}", 'y'},
        {"{device: {type: [server, unknown]}}", 'n'},
        {"{device: {group: paris}}", 'y'},
        {"{device: {tag: VIP}}", 'y'},
        {"{device: {tag: other}}", '?'},
        {"{device: {not: {tag: other}}}", '?'},
        {"{device: {not: {tag: vip}}}", 'n'},
        {"{device: {value: high}}", '?'},
        {"{device: {role: compromised}}", 'y'},
        {"{device: {role: [attacked, destination]}}", 'n'},
        {"{device: {verdict: suspicious}}", 'y'},
        {"{device: none}", 'n'},
        {"{not: {device: none}}", 'y'},
        {"{device: {any: [{value: high}, {group: paris}]}}", 'y'},
        {"{device: {value: high, group: london}}", 'n'},
        /* users: some user matches all of it */
        {"{user: {name: ann@*}}", 'y'},
        {"{user: {name: svc, role: contextual}}", 'y'},
        {"{user: {name: svc, role: compromised}}", 'n'},
        {"{user: {name: {list: vips}}}", 'y'},
        {"{user: none}", 'n'},
        {"{not: {user: {role: attacker}}}", 'y'},
        /* values */
        {"{address: 203.0.113.77}", 'y'},
        {"{address: 203.0.113.0/24}", 'y'},
        {"{address: 203.0.112.0/24}", 'n'},
        {"{address: 0.0.0.0/0}", 'y'},
        {"{address: '::/0'}", 'y'},
        {"{domain: bad.example}", 'y'},
        {"{domain: ad.example}", 'n'},
        {"{domain: other.example}", 'y'},
        {"{domain: cdn.bad.example}", 'y'},
        {"{domain: a.cdn.bad.example}", 'n'},
        {"{url: 'http://cdn.bad.example:8443/x'}", 'y'},
        {"{url: 'https://cdn.bad.example/x'}", 'n'},
        {"{url: 'https://*.bad.example*/x'}", 'y'},
        {"{hash: D41D8CD98F00B204E9800998ECF8427E}", 'y'},
        {"{intel: c2}", 'y'},
        {"{intel: none}", 'n'},
        {"{intel: [none, c2]}", 'y'},
        {"{hash: {list: c2}}", 'y'},
        {"{hash: {list: none}}", 'n'},
        /* times */
        {"{time: 21:00-22:00}", 'y'},
        {"{time: 22:00-06:00}", 'n'},
        {"{time: 22:00-06:00 Europe/Berlin}", 'y'},
        {"{time: [0:00-1:00, 21:30-21:31]}", 'y'},
        {"{time: 21:00-21:30}", 'n'},
        {"{day: wed}", 'y'},
        {"{day: mon-tue}", 'n'},
        {"{day: sat-wed}", 'y'},
        {"{day: [sat, sun]}", 'n'},
        {"{day: wednesday Europe/Berlin, time: 23:00-24:00 Europe/Berlin}", 'y'},
    };
    struct sample s;
    make_sample(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[TEXT_MAX];
        (void)snprintf(
            text, sizeof text,
            "policy: 1\nlists:\n  c2: {file: c2.txt}\n  none: [ffffffffffffffffffffffffffffffff, 192.0.2.1]\n"
            "  severe: [T1490, T1003]\n  vips: {values: [ann@contoso.example], kind: text}\n"
            "rules:\n  - {name: r, then: isolate, when: %s}\n  - {name: rest, then: notice}\n",
            rows[i].when);
        struct judgement j = judge(text, &s, NULL);
        char answer = j.alert.rule == 0 ? 'y' : j.alert.needs_machine ? '?' : 'n';
        if (answer != rows[i].answer) fail_msg("%s: %c", rows[i].when, answer);
        s.device.is_read = true; /* now everything that there is has been told */
        j = judge(text, &s, NULL);
        s.device.is_read = false;
        if (j.alert.needs_machine) fail_msg("%s: open although the machine was read", rows[i].when);
    }
}

static void the_first_rule_that_matches_a_device_decides(void **state)
{
    (void)state;
    static const char text[] =
        "policy: 1\nrules:\n"
        "  - {name: off, mode: 'off', then: isolate}\n"
        "  - {name: servers, then: isolate selective, mode: approve, servers: allow, when: {device: {type: server}}}\n"
        "  - {name: valued, then: notice, when: {device: {value: high}}}\n"
        "  - {name: rest, then: isolate, route: night, tell: high, lease: 2h,\n"
        "     fallback: {any: scan, offline: [restrict, collect], unsupported: []}}\n";
    struct sample s;
    make_sample(&s);
    struct fact_device devices[3] = {s.device,
                                     {.name = STR("srv"), .os = STR("WindowsServer2022"), .roles = ROLE_COMPROMISED},
                                     {.name = STR("dc"), .os = STR("WindowsServer2019"), .roles = ROLE_DESTINATION}};
    s.facts.devices = devices;
    s.facts.device_count = 3;
    struct judgement j = judge(text, &s, NULL);
    assert_int_equal(j.device_count, 3);
    assert_int_equal(j.devices[0].rule, 3);
    assert_int_equal(j.devices[0].mode, MODE_AUTO);
    assert_true(j.devices[0].needs_machine);
    assert_int_equal(j.devices[1].rule, 1);
    assert_int_equal(j.devices[1].wish, WISH_ISOLATE_SELECTIVE);
    assert_int_equal(j.devices[1].mode, MODE_APPROVE);
    assert_false(j.devices[1].needs_machine);
    assert_true(j.devices[1].is_eligible);
    assert_false(j.devices[2].is_eligible);
    assert_int_equal(j.alert.rule, 3); /* the strongest */
    assert_int_equal(j.severity, SEVERITY_HIGH);
    assert_true(j.phone);
    devices[0].is_read = true;
    devices[0].worth = WORTH_HIGH;
    j = judge(text, &s, NULL);
    assert_int_equal(j.devices[0].rule, 2);
    assert_int_equal(j.alert.rule, 1);

    struct policy *p = compile(text);
    const struct policy_rule *r = policy_rule_by_name(p, STR("rest"));
    assert_int_equal(r->lease_ms, 7200000);
    assert_true(str_eq(r->route, STR("night")));
    assert_int_equal(r->fallback_count[FAILURE_OFFLINE], 2);
    assert_int_equal(r->fallback[FAILURE_OFFLINE][1], WISH_COLLECT);
    assert_int_equal(r->fallback_count[FAILURE_UNSUPPORTED], 0);
    assert_int_equal(r->fallback[FAILURE_BUSY][0], WISH_SCAN_QUICK);
    assert_true(policy_rule_by_name(p, STR("servers"))->servers);
    policy_free(p);
}

/* No rule is ever stronger than its tenant allows, no tenant makes a rule stronger. */
static void the_weaker_mode_holds(void **state)
{
    (void)state;
    struct sample s;
    make_sample(&s);
    for (unsigned rule = MODE_SHADOW; rule < MODE_COUNT; rule++) {
        for (unsigned tenant = MODE_OFF; tenant < MODE_COUNT; tenant++) {
            char text[TEXT_MAX];
            struct judgement j;
            (void)snprintf(text, sizeof text, "policy: 1\nrules:\n  - {name: r, then: isolate, mode: %s}\n",
                           mode_name((enum policy_mode)rule));
            struct policy *p = compile(text);
            struct policy_context c = {.mode = (enum policy_mode)tenant, .isolation = WISH_ISOLATE_SELECTIVE};
            policy_judge(p, &s.facts, &c, &j);
            assert_int_equal(j.alert.mode, rule < tenant ? rule : tenant);
            assert_int_equal(j.alert.wish, WISH_ISOLATE_SELECTIVE); /* as the tenant has it */
            assert_int_equal(j.phone, j.alert.mode >= MODE_APPROVE);
            policy_free(p);
        }
    }
}

static void counts(void **state)
{
    (void)state;
    static const char text[] =
        "policy: 1\nrules:\n"
        "  - {name: many, then: isolate, count: '3 in 10m per title, device', when: {severity: medium+}}\n"
        "  - {name: rest, then: notice}\n";
    struct policy_counter *counter = policy_counter_new();
    struct sample s;
    static const struct {
        const char *id, *time, *title;
        enum fact_severity severity;
        bool reached;
    } rows[] = {
        {"1", "12:00:00", "a", SEVERITY_MEDIUM, false}, {"2", "12:01:00", "a", SEVERITY_MEDIUM, false},
        {"2", "12:01:00", "a", SEVERITY_MEDIUM, false}, /* a revision of it */
        {"3", "12:02:00", "b", SEVERITY_MEDIUM, false}, {"4", "12:02:30", "a", SEVERITY_LOW, false}, /* others */
        {"5", "12:10:00", "a", SEVERITY_MEDIUM, false}, /* 12:00 is too old */
        {"6", "12:05:00", "A", SEVERITY_HIGH, true},    /* late, but between */
        {"7", "12:30:00", "a", SEVERITY_MEDIUM, false},
    };
    make_sample(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char time[40];
        (void)snprintf(time, sizeof time, "2026-07-01T%sZ", rows[i].time);
        assert_true(wall_parse(str_of(time), &s.facts.created));
        s.facts.id = str_of(rows[i].id);
        s.facts.title = str_of(rows[i].title);
        s.facts.severity = rows[i].severity;
        if ((judge(text, &s, counter).alert.rule == 0) != rows[i].reached) fail_msg("row %zu", i);
    }
    assert_int_equal(judge(text, &s, NULL).alert.rule, 1); /* nobody counts */
    policy_counter_free(counter);
    struct policy *p = compile(text);
    assert_int_equal(policy_memory_ms(p), 600000);
    policy_free(p);
}

/* Ten times as many keys as it holds: the old are forgotten, what is in use is not. */
static void a_counter_is_bounded(void **state)
{
    (void)state;
    static const char text[] = "policy: 1\nrules:\n  - {name: many, then: isolate, count: 3 in 7d per title}\n";
    struct policy_counter *counter = policy_counter_new();
    struct policy *p = compile(text);
    struct policy_context c = {.mode = MODE_AUTO, .counter = counter};
    struct sample s;
    struct judgement j;
    make_sample(&s);
    for (unsigned i = 0; i < 300000; i++) {
        char title[32], id[32];
        int n = snprintf(title, sizeof title, "title %u", i % 50000 == 0 ? 0 : i);
        s.facts.title = (struct str){title, (size_t)n};
        n = snprintf(id, sizeof id, "%u", i);
        s.facts.id = (struct str){id, (size_t)n};
        policy_judge(p, &s.facts, &c, &j);
        assert_int_equal(j.alert.rule, i % 50000 == 0 && i >= 100000 ? 0 : POLICY_NO_RULE);
    }
    policy_free(p);
    policy_counter_free(counter);
}

/* ---- examples and words ------------------------------------------------------------------------------------------------------ */
struct ran {
    size_t bad;
    char text[600];
};

static void note_example(void *ctx, const struct policy_example *x)
{
    struct ran *r = ctx;
    if (x->is_fine) return;
    r->bad++;
    (void)snprintf(r->text, sizeof r->text, "%.*s: %s", STR_ARG(x->name), x->text);
}

static void the_built_in_policy_keeps_its_examples(void **state)
{
    (void)state;
    struct err e = {0};
    struct ran ran = {0};
    size_t count, failed;
    struct policy *p = policy_default(&e);
    if (p == NULL) fail_msg("%s", e.text);
    struct policy_test t = {.ctx = &ran, .each = note_example};
    assert_true(policy_run_examples(p, &t, &count, &failed, &e));
    if (failed) fail_msg("%s", ran.text);
    assert_true(count >= 10);
    policy_free(p);
}

/* Every severity, service, category, technique and state of the evidence, against the sentence it was made from. */
static void the_built_in_policy_is_its_sentence(void **state)
{
    (void)state;
    static const char *const listed[] = {"T1486", "T1490", "T1003.001", "T1003.003", "T1003.006"};
    static const char *const others[] = {"T1059", "T1003.008", "T1021.001"};
    struct err e = {0};
    struct sample s;
    make_sample(&s);
    struct policy *p = policy_default(&e);
    struct policy_context c = {.mode = MODE_AUTO, .isolation = WISH_ISOLATE_FULL};
    struct str category, technique;
    s.facts.categories = (struct fact_texts){&category, 1};
    s.facts.techniques = (struct fact_texts){&technique, 1};
    for (unsigned severity = 0; severity < SEVERITY_COUNT; severity++)
        for (unsigned service = 0; service < SERVICE_COUNT; service++)
            for (unsigned handled = 0; handled < HANDLED_COUNT; handled++)
                for (unsigned k = 0; k < 16; k++) {
                    bool is_ransomware = k & 8, is_listed = (k & 7) < 5;
                    struct judgement j;
                    category = is_ransomware ? STR("Ransomware") : STR("Malware");
                    technique = str_of(is_listed ? listed[k & 7] : others[(k & 7) - 5]);
                    s.facts.severity = (enum fact_severity)severity;
                    s.facts.service = (enum fact_service)service;
                    s.facts.handled = (enum fact_handled)handled;
                    s.facts.detection = STR("microsoftDefenderForEndpoint");
                    policy_judge(p, &s.facts, &c, &j);
                    bool is_endpoint =
                        service == SERVICE_ENDPOINT || service == SERVICE_XDR; /* by its detection source */
                    bool isolates = ((severity == SEVERITY_HIGH && is_endpoint) ||
                                     (severity >= SEVERITY_MEDIUM && (is_ransomware || is_listed))) &&
                                    handled != HANDLED_WHOLLY;
                    assert_int_equal(j.alert.wish, isolates ? WISH_ISOLATE_FULL : WISH_NOTICE);
                    assert_int_equal(j.severity, severity);
                    assert_int_equal(j.phone, isolates);
                }
    policy_free(p);
}

static void an_example_that_fails_says_what_came(void **state)
{
    (void)state;
    struct policy *p =
        compile(RULE("    when: {severity: high, device: {value: high}}\n    phone: no\n"
                     "examples:\n  - name: wrong\n    alert: {severity: high, device: {name: x, read: no}}\n"
                     "    tenant: {mode: approve}\n    expect: {then: isolate, phone: yes, asks_machine: yes}\n"));
    struct ran ran = {0};
    struct err e = {0};
    size_t count, failed;
    struct policy_test t = {.ctx = &ran, .each = note_example};
    assert_true(policy_run_examples(p, &t, &count, &failed, &e));
    assert_int_equal(failed, 1);
    assert_string_equal(ran.text, "wrong: then: isolate was expected, notice came; phone: yes was expected, no came");
    policy_free(p);
}

static void explanations(void **state)
{
    (void)state;
    struct policy *p = compile(
        "policy: 1\nrules:\n"
        "  - {name: a, then: isolate, when: {severity: high, category: malware}}\n"
        "  - {name: b, then: isolate, when: {any: [{severity: high}, {technique: T1490}]}}\n"
        "  - {name: c, then: isolate, when: {not: {service: endpoint}}}\n"
        "  - {name: d, then: isolate, when: {device: {value: high}}}\n"
        "  - {name: e, then: notice, for: incidents}\n"
        "  - {name: f, then: isolate, when: {severity: medium+, category: ransomware, not: {handled: wholly}}}\n"
        "  - {name: g, then: notice}\n");
    struct sample s;
    struct buf out;
    make_sample(&s);
    struct policy_context c = {.mode = MODE_AUTO, .now = s.facts.created};
    buf_init(&out, 0);
    policy_explain(p, &s.facts, &c, &out);
    assert_string_equal(
        buf_cstr(&out),
        "device pc1.contoso.example:\n"
        "rule a (line 3): no: severity is medium, wanted: high\n"
        "rule b (line 4): no: severity is medium, wanted: high; technique is T1486, T1003.001, wanted: T1490\n"
        "rule c (line 5): no: service is endpoint, which the rule excludes\n"
        "rule d (line 6): perhaps: device value is not told by the alert: the machine has to be asked\n"
        "rule e (line 7): no: it is for incidents\n"
        "rule f (line 8): yes: severity is medium; category is Ransomware, Impact (as wanted: ransomware); "
        "handled is partly\n");
    buf_reset(&out);
    policy_reason(p, &s.facts, &c, 0, &out);
    assert_string_equal(
        buf_cstr(&out),
        "rule f: severity is medium; category is Ransomware, Impact (as wanted: ransomware); handled is partly");
    buf_done(&out);
    policy_free(p);
}

static void words_there_and_back(void **state)
{
    (void)state;
    enum policy_wish w;
    enum policy_mode m;
    for (unsigned i = 0; i < WISH_COUNT; i++) {
        assert_true(wish_read(str_of(wish_name((enum policy_wish)i)), &w));
        assert_int_equal(w, i);
    }
    for (unsigned i = 0; i < MODE_COUNT; i++) {
        assert_true(mode_read(str_of(mode_name((enum policy_mode)i)), &m));
        assert_int_equal(m, i);
    }
    assert_true(wish_read(STR("isolate"), &w) && w == WISH_ISOLATE_FULL);
    assert_false(wish_read(STR("explode"), &w));
    for (size_t i = 0; i < POLICY_CAUSE_COUNT; i++) assert_non_null(policy_causes[i].remedy);
}

static void kinds_of_machines(void **state)
{
    (void)state;
    static const struct {
        const char *os;
        enum fact_os kind;
    } rows[] = {{"Windows10", OS_WORKSTATION},
                {"windows 11 Enterprise", OS_WORKSTATION},
                {"WindowsServer2022", OS_SERVER},
                {"Windows Server 2016", OS_SERVER},
                {"Linux", OS_SERVER},
                {"Ubuntu", OS_SERVER},
                {"macOS", OS_WORKSTATION},
                {"iOS", OS_MOBILE},
                {"Android", OS_MOBILE},
                {"", OS_UNKNOWN},
                {"Windows", OS_UNKNOWN},
                {"Other", OS_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_int_equal(os_kind(str_of(rows[i].os)), rows[i].kind);
    static const struct {
        uint32_t roles;
        bool is_eligible;
    } parts[] = {{ROLE_PRIMARY, true},
                 {ROLE_COMPROMISED, true},
                 {ROLE_PRIMARY | ROLE_ATTACKED, false},
                 {ROLE_COMPROMISED | ROLE_DESTINATION, false},
                 {ROLE_CONTEXTUAL, false},
                 {0, false},
                 {ROLE_SOURCE, false}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_int_equal(device_is_eligible(&(struct fact_device){.roles = parts[i].roles}), parts[i].is_eligible);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(conditions),
        cmocka_unit_test(the_first_rule_that_matches_a_device_decides),
        cmocka_unit_test(the_weaker_mode_holds),
        cmocka_unit_test(counts),
        cmocka_unit_test(a_counter_is_bounded),
        cmocka_unit_test(the_built_in_policy_keeps_its_examples),
        cmocka_unit_test(the_built_in_policy_is_its_sentence),
        cmocka_unit_test(an_example_that_fails_says_what_came),
        cmocka_unit_test(explanations),
        cmocka_unit_test(words_there_and_back),
        cmocka_unit_test(kinds_of_machines),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
