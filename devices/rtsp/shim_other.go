//go:build !linux

package rtsp

func shimWalls() []string { return nil }

// DecodeChild has no walls to build on this system, and says so by its code.
func DecodeChild([]string) int { return 2 }
