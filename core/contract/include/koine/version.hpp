// The version of Koine that a source is compiled with. The build takes its own from here.
#pragma once

#define KOINE_VERSION "0.1.0"
