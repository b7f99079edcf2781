/*
 * The streams that SQLCipher's diagnostics would go to, under the names that its archive has here.
 * None is ever asked for.
 */
#include <stdio.h>

extern FILE* sqlcipher_stdout;
extern FILE* sqlcipher_stderr;
FILE* sqlcipher_stdout;
FILE* sqlcipher_stderr;
