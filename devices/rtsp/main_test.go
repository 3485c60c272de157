package rtsp

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be the decoder's shim, as a main would.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "decode-child" {
		os.Exit(DecodeChild(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

func shim() []string { return []string{"/proc/self/exe", "decode-child"} }
