//go:build !race

package picture

// fewer divides the numbers of scenes under the race detector.
const fewer = 1
