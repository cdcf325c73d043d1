// The sanitizers' settings, in the programs themselves: boot/rc and many tests
// start programs with an environment of their own. What is found goes to
// files, as often nobody reads descriptor 2. Leaks are not looked for: a
// program that ends leaves freeing to the kernel.
extern "C" const char* __asan_default_options();
extern "C" const char* __ubsan_default_options();

const char* __asan_default_options() { return "detect_leaks=0:log_path=" REPORTS "/found"; }
const char* __ubsan_default_options() { return "print_stacktrace=1:log_path=" REPORTS "/found"; }
