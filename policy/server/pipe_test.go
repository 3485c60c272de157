package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestAWriterNeverWaits(t *testing.T) {
	t.Parallel()
	l := newPipeListener()
	accepted := make(chan net.Conn, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			accepted <- c
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ours, err := l.dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	theirs := <-accepted
	// Nobody reads, and yet all of it is taken, up to a bound.
	piece := bytes.Repeat([]byte("x"), 1<<20)
	for range 7 {
		if _, err := ours.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	var full error
	for range 5 {
		if _, err := ours.Write(piece); err != nil {
			full = err
		}
	}
	if !errors.Is(full, errWaiting) {
		t.Errorf("without end: %v", full)
	}
	if _, err := io.ReadFull(theirs, make([]byte, 7<<20)); err != nil {
		t.Error(err)
	}
	if err := ours.Close(); err != nil { // with something left to say, and nobody to hear it
		t.Error(err)
	}
	if _, err := ours.Write(piece); !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
		t.Logf("after the end: %v", err)
	}
	if err := theirs.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
