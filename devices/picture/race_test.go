//go:build race

package picture

// fewer divides the numbers of scenes: under the race detector they take ten
// times as long and show nothing more.
const fewer = 10
