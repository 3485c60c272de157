// Command lensdop-agent is the gateway's agent: it finds the site's cameras and
// badge readers, holds them against the protocol, covers what must not be seen,
// looks whether it is covered, and reports.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // windows are local wall-clock rules; a gateway may lack the data

	"github.com/lensdop/lensdop/cmd/lensdop-agent/gateway"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := gateway.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
