// A program that knows nothing of Koine and uses a library that does.
#include <string>

std::string write_and_read(const std::string& text);

int main() {
    return write_and_read("written") == "written" ? 0 : 1;
}
