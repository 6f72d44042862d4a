#ifndef TESTS_UNIT_SEAL_TESTS_H
#define TESTS_UNIT_SEAL_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void tokens_there_and_back(void **state);
void tokens_with_any_byte_changed_are_refused(void **state);
void tokens_of_no_shape_are_refused(void **state);
void rsa_keys_there_and_back(void **state);
void unusable_pem_is_refused(void **state);
void certificates_hold(void **state);
void certificates_are_read(void **state);
void assertions_hold_against_their_certificate(void **state);
int make_rsa_key(void **state);
int free_rsa_key(void **state);

#endif
