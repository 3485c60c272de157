// Command lensdop-server is the central policy server: agents report to it,
// people decide and see alerts on its pages. It opens no device and shows no
// picture.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // windows are local wall-clock rules; a server may lack the data
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with everything given: 0 for done, 1 for an error.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	c := root() //nolint:contextcheck // cobra hands ctx to each command
	c.SetArgs(args)
	c.SetIn(in)
	c.SetOut(out)
	c.SetErr(errs)
	if err := c.ExecuteContext(ctx); err != nil {
		if _, err := fmt.Fprintln(errs, "lensdop-server:", err); err != nil {
			return 1
		}
		return 1
	}
	return 0
}
