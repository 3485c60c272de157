package server

import (
	"context"
	"time"

	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
)

// View and the others let tests look inside.
func View(ctx context.Context, s *Server, fn func(*store.Tx) error) error {
	return s.store.View(ctx, fn)
}

// Update writes behind the server's back.
func Update(ctx context.Context, s *Server, fn func(*store.Tx) error) error {
	return s.store.Update(ctx, fn)
}

// Purge deletes as at an instant.
func Purge(ctx context.Context, s *Server, now time.Time) error { return s.purge(ctx, now) }

// Judge judges the protocol as at an instant.
func Judge(ctx context.Context, s *Server, now time.Time) error { return s.judgeProtocol(ctx, now) }

func ServiceOf(s *Server) ui.Service { return &service{s} }

func DecodeBatch(b []byte) error { _, err := decodeBatch(b); return err }

// Ended is when a decision counts as over.
func Ended(s *Server, d store.Decision) time.Time { return s.ended(d) }

// Tick does what time alone brings about.
func Tick(ctx context.Context, s *Server, now time.Time) error { return s.tick(ctx, now) }
