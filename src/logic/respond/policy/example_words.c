/* An example's alert: facts in the words of the language. */
#include "logic/respond/policy/examples_int.h"

/* ---- facts in words --------------------------------------------------------------------------------------------------------- */
bool example_map(struct example *x, void *into, const struct yaml *v, const char *what, const struct word *words,
                 size_t count)
{
    const char *names[VALUES_MAX];
    for (size_t i = 0; i < count; i++) names[i] = words[i].word;
    if (v->type != YAML_MAP) return complain(x->c, v, POLICY_BAD, "%s is a map", what);
    for (size_t i = 0; i < v->count; i++) {
        if (!is_known_key(x->c, &v->keys[i], what, names, count)) return false;
        for (size_t k = 0; k < count; k++) {
            if (str_eq(v->keys[i].text, str_of(names[k])) && !words[k].take(x, into, &v->items[i])) return false;
        }
    }
    return true;
}

static bool take_texts(struct example *x, const struct yaml *v, struct fact_texts *out)
{
    size_t count = value_count(v);
    struct str *items = arena_alloc(x->a, (count + 1) * sizeof *items);
    if (items == NULL) return no_room(x->c);
    for (size_t i = 0; i < count; i++) {
        if (!expect_text(x->c, value_at(v, i), "this word")) return false;
        items[i] = value_at(v, i)->text;
    }
    *out = (struct fact_texts){items, count};
    return true;
}

#define TAKE_TEXT(fn, type, member)                                     \
    static bool fn(struct example *x, void *into, const struct yaml *v) \
    {                                                                   \
        if (!expect_text(x->c, v, #member)) return false;               \
        ((struct type *)into)->member = v->text;                        \
        return true;                                                    \
    }
#define TAKE_TEXTS(fn, type, member)                                    \
    static bool fn(struct example *x, void *into, const struct yaml *v) \
    {                                                                   \
        return take_texts(x, v, &((struct type *)into)->member);        \
    }
#define TAKE_WORD(fn, type, member, scope, word)                                     \
    static bool fn(struct example *x, void *into, const struct yaml *v)              \
    {                                                                                \
        unsigned number;                                                             \
        if (!take_number(x, v, field_find(scope, STR(word)), &number)) return false; \
        ((struct type *)into)->member = number;                                      \
        return true;                                                                 \
    }

static bool take_number(struct example *x, const struct yaml *v, const struct field *f, unsigned *out)
{
    const char *words[VALUES_MAX];
    for (unsigned i = 0; i < f->count; i++) words[i] = f->name(i);
    if (!expect_text(x->c, v, f->word)) return false;
    return f->read(v->text, out) || complain_unknown(x->c, v, f->word, words, f->count);
}

static bool take_roles(struct example *x, const struct yaml *v, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < value_count(v); i++) {
        uint32_t bit;
        const struct yaml *item = value_at(v, i);
        if (!expect_text(x->c, item, "role")) return false;
        if (!role_read(item->text, &bit)) return complain(x->c, item, POLICY_UNKNOWN_WORD, "this role is not known");
        *out |= bit;
    }
    return true;
}

TAKE_TEXT(device_name, fact_device, name)
TAKE_TEXT(device_id, fact_device, id)
TAKE_TEXT(device_os, fact_device, os)
TAKE_TEXT(device_group, fact_device, group)
TAKE_TEXTS(device_tag, fact_device, tags)
TAKE_WORD(device_worth, fact_device, worth, SCOPE_DEVICE, "value")
TAKE_WORD(device_verdict, fact_device, verdict, SCOPE_DEVICE, "verdict")

static bool device_role(struct example *x, void *into, const struct yaml *v)
{
    return take_roles(x, v, &((struct fact_device *)into)->roles);
}

static bool device_read(struct example *x, void *into, const struct yaml *v)
{
    if (yaml_bool(v, &((struct fact_device *)into)->is_read)) return true;
    return complain(x->c, v, POLICY_BAD, "read: is yes (the machine was asked) or no");
}

static const struct word device_words[] = {
    {"name", device_name},   {"id", device_id},           {"os", device_os},
    {"group", device_group}, {"tag", device_tag},         {"role", device_role},
    {"value", device_worth}, {"verdict", device_verdict}, {"read", device_read},
};

TAKE_TEXT(user_name, fact_user, name)
TAKE_TEXT(user_sid, fact_user, sid)

static bool user_role(struct example *x, void *into, const struct yaml *v)
{
    return take_roles(x, v, &((struct fact_user *)into)->roles);
}

static const struct word user_words[] = {{"name", user_name}, {"sid", user_sid}, {"role", user_role}};

TAKE_TEXT(alert_id, alert_facts, id)
TAKE_TEXT(alert_title, alert_facts, title)
TAKE_TEXT(alert_detection, alert_facts, detection)
TAKE_TEXT(alert_detector, alert_facts, detector)
TAKE_TEXT(alert_determination, alert_facts, determination)
TAKE_TEXT(alert_threat, alert_facts, threat)
TAKE_TEXT(alert_tenant, alert_facts, tenant_name)
TAKE_TEXT(alert_organization, alert_facts, organization)
TAKE_TEXTS(alert_category, alert_facts, categories)
TAKE_TEXTS(alert_technique, alert_facts, techniques)
TAKE_WORD(alert_severity, alert_facts, severity, SCOPE_ALERT, "severity")
TAKE_WORD(alert_service, alert_facts, service, SCOPE_ALERT, "service")
TAKE_WORD(alert_handled, alert_facts, handled, SCOPE_ALERT, "handled")
TAKE_WORD(alert_status, alert_facts, status, SCOPE_ALERT, "status")
TAKE_WORD(alert_class, alert_facts, classification, SCOPE_ALERT, "classification")
TAKE_WORD(alert_custom, alert_facts, is_custom_detection, SCOPE_ALERT, "custom_detection")

static bool alert_assigned(struct example *x, void *into, const struct yaml *v)
{
    bool yes;
    if (!yaml_bool(v, &yes)) return complain(x->c, v, POLICY_BAD, "assigned: is yes or no");
    ((struct alert_facts *)into)->assigned = yes ? STR("somebody") : STR_NONE;
    return true;
}

/* A device of an example has been read, and is the alert's own, unless it says otherwise. */
static bool alert_device(struct example *x, void *into, const struct yaml *v)
{
    size_t count = value_count(v);
    struct fact_device *devices = arena_alloc(x->a, (count + 1) * sizeof *devices);
    if (devices == NULL) return no_room(x->c);
    for (size_t i = 0; i < count; i++) {
        devices[i] = (struct fact_device){.roles = ROLE_PRIMARY, .is_read = true};
        if (!example_map(x, &devices[i], value_at(v, i), "device", device_words,
                         sizeof device_words / sizeof *device_words))
            return false;
    }
    struct alert_facts *f = into;
    f->devices = devices;
    f->device_count = count;
    return true;
}

static bool alert_user(struct example *x, void *into, const struct yaml *v)
{
    size_t count = value_count(v);
    struct fact_user *users = arena_alloc(x->a, (count + 1) * sizeof *users);
    if (users == NULL) return no_room(x->c);
    for (size_t i = 0; i < count; i++) {
        if (!example_map(x, &users[i], value_at(v, i), "user", user_words, sizeof user_words / sizeof *user_words))
            return false;
    }
    struct alert_facts *f = into;
    f->users = users;
    f->user_count = count;
    return true;
}

static bool add_values(struct example *x, struct alert_facts *f, const struct yaml *v, enum fact_kind kind)
{
    size_t count = value_count(v);
    struct fact_value *values = arena_alloc(x->a, (f->value_count + count) * sizeof *values);
    if (values == NULL) return no_room(x->c);
    if (f->value_count > 0) memcpy(values, f->values, f->value_count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        if (!expect_text(x->c, value_at(v, i), "a value")) return false;
        values[f->value_count + i] = (struct fact_value){value_at(v, i)->text, kind};
    }
    f->values = values;
    f->value_count += count;
    return true;
}

#define TAKE_VALUES(fn, kind)                                           \
    static bool fn(struct example *x, void *into, const struct yaml *v) \
    {                                                                   \
        return add_values(x, into, v, kind);                            \
    }
TAKE_VALUES(alert_hash, VALUE_HASH)
TAKE_VALUES(alert_address, VALUE_ADDRESS)
TAKE_VALUES(alert_domain, VALUE_DOMAIN)
TAKE_VALUES(alert_url, VALUE_URL)

static const struct word alert_words[] = {
    {"id", alert_id},
    {"severity", alert_severity},
    {"category", alert_category},
    {"technique", alert_technique},
    {"title", alert_title},
    {"service", alert_service},
    {"detection", alert_detection},
    {"detector", alert_detector},
    {"threat", alert_threat},
    {"custom_detection", alert_custom},
    {"handled", alert_handled},
    {"status", alert_status},
    {"classification", alert_class},
    {"determination", alert_determination},
    {"assigned", alert_assigned},
    {"tenant", alert_tenant},
    {"organization", alert_organization},
    {"hash", alert_hash},
    {"address", alert_address},
    {"domain", alert_domain},
    {"url", alert_url},
    {"device", alert_device},
    {"user", alert_user},
};

bool example_facts(struct example *x, const struct yaml *v)
{
    return example_map(x, &x->facts, v, "alert", alert_words, sizeof alert_words / sizeof *alert_words);
}
