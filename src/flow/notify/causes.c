#include "flow/notify/notify.h"

const struct cause notify_causes[NOTIFY_CAUSE_COUNT] = {
    [NOTIFY_REFUSED] =
        {"notify.refused", ERR_INPUT, "the channel's server refused the message",
         "Read its words in the message; check the channel's address and recipients (channel list), then "
         "portcullis notice test."},
    [NOTIFY_LOGIN] = {"notify.login", ERR_INPUT, "the channel's server did not accept our login",
                      "Give the channel its user and secret again: portcullis channel set NAME --secret-file FILE."},
    [NOTIFY_UNAVAILABLE] =
        {"notify.unavailable", ERR_RETRY, "the channel's server cannot take it now",
         "Nothing to do at first: it is tried again. If it stays, look at the provider's status page."},
    [NOTIFY_BAD_ANSWER] =
        {"notify.bad_answer", ERR_RETRY, "the channel's server answered in a way we do not understand",
         "Check that the channel's address is the provider's own, and whether a proxy answers instead."},
    [NOTIFY_NO_CHANNEL] = {"notify.no_channel", ERR_INPUT, "no channel is there to tell this over",
                           "Add a channel (portcullis channel add) and prove it with portcullis notice test."},
    [NOTIFY_NOBODY] = {"notify.nobody_on_duty", ERR_INPUT, "nobody is on duty",
                       "Put somebody on the list: portcullis on-call add LIST PERSON."},
    [NOTIFY_UNHEARD] = {"notify.unheard", ERR_INPUT, "nobody acknowledged this, up to the end of its ladder",
                        "Look after the notice by hand, and give its ladder more people or more rungs."},
    [NOTIFY_NO_PERSON] = {"notify.no_person", ERR_RETRY, "the call did not reach a person",
                          "Nothing to do at first: the next rung is told. Check the number (user list) if it stays."},
    [NOTIFY_NO_KEY] = {"notify.no_key", ERR_RETRY, "the call was answered, but no key was pressed",
                       "Nothing to do at first: the next rung is told."},
    [NOTIFY_WRONG_PIN] = {"notify.wrong_pin", ERR_INPUT, "the PIN was not this person's, so nothing was done",
                          "Set the person's PIN anew: portcullis user passwd NAME --pin-file FILE."},
    [NOTIFY_CALL_LOST] = {"notify.call_lost", ERR_UNCERTAIN, "how the call ended could not be learned",
                          "Nothing to do at first: the next rung is told. Check the voice provider's log if it stays."},
};
