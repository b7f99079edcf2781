/* A shared library that is no plugin. */
int koine_test_nothing(void);
int koine_test_nothing(void) {
    return 0;
}
