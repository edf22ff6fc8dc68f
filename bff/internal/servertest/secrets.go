package servertest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// secrets matches texts that no log may contain: email addresses and the password of the
// tests' users, cookies and tokens.
var secrets = regexp.MustCompile(`(?i)(@|%40)example\.com|` + Password + `|session_token=|\beyJ[\w-]{10,}\.[\w-]+|bearer [\w-]{20,}`)

// markers are lower-case strings. Every secret contains one of them, and most lines contain
// none. They are checked first, because regular expressions are slow under the race
// detector.
var markers = []string{"example.com", strings.ToLower(Password), "session_token=", "eyj", "bearer "}

// mayHoldSecret reports whether a line may contain a secret.
func mayHoldSecret(line string) bool {
	line = strings.ToLower(line)
	return slices.ContainsFunc(markers, func(mark string) bool { return strings.Contains(line, mark) })
}

// CheckLog fails the test if a log contains a secret.
func CheckLog(t testing.TB, name string, lines []string) {
	t.Helper()
	for _, line := range lines {
		if !mayHoldSecret(line) {
			continue
		}
		if found := secrets.FindString(line); found != "" {
			t.Errorf("the log of %s contains %q: %s", name, found, line)
		}
	}
}
