package web_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// jwtChecker looks for JWTs in every response to the browser.
type jwtChecker struct {
	t    *testing.T
	next http.RoundTripper
}

func (c *jwtChecker) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	checkNoJWT(c.t, r.Method+" "+r.URL.Path, body, response.Header, response.Trailer)
	return response, nil
}

// checkNoJWT fails the test if a response contains a JWT.
func checkNoJWT(t *testing.T, what string, body []byte, headers ...http.Header) {
	t.Helper()
	var all strings.Builder
	for _, header := range headers {
		_ = header.Write(&all) // a Builder never fails
	}
	all.Write(body)
	if found := findJWT(all.String(), maxEncodings); found != "" {
		t.Errorf("%s: a JWT reached the browser: %s", what, found)
	}
}

// minRun is the minimum length of base64 that could contain a JWT.
const minRun = 40

// notBase64 reports whether a character is not part of any base64 alphabet.
func notBase64(c rune) bool {
	switch {
	case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '-', c == '+', c == '/':
		return false
	}
	return true
}

// maxEncodings is the number of nested encodings that are decoded.
const maxEncodings = 3

var (
	jwtPattern    = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)
	escapePattern = regexp.MustCompile(`(?:%|\\u00)[0-9A-Fa-f]{2}`)
	base64Letters = strings.NewReplacer("-", "+", "_", "/")
)

// findJWT returns a JWT within a text, also if it is percent-encoded, JSON-escaped or
// base64-encoded, or "".
func findJWT(text string, encodings int) string {
	if found := jwtPattern.FindString(text); found != "" || encodings == 0 {
		return found
	}
	// Regular expressions are slow under the race detector, and this runs for every response.
	plain := text
	if strings.ContainsAny(text, `%\`) {
		plain = escapePattern.ReplaceAllStringFunc(text, func(escape string) string {
			char, _ := hex.DecodeString(escape[len(escape)-2:]) // the pattern matches hex digits only
			return string(char)
		})
	}
	if plain != text {
		if found := findJWT(plain, encodings-1); found != "" {
			return found
		}
	}
	for run := range strings.FieldsFuncSeq(text, notBase64) {
		if len(run) < minRun {
			continue
		}
		run = base64Letters.Replace(run)
		// The base64 may follow other letters.
		for skip := range 4 {
			whole := len(run[skip:]) / 4 * 4
			decoded, err := base64.StdEncoding.DecodeString(run[skip : skip+whole])
			if err != nil {
				continue
			}
			if found := findJWT(string(decoded), encodings-1); found != "" {
				return found
			}
		}
	}
	return ""
}

func TestFindJWT_DecodesNestedEncodings(t *testing.T) {
	t.Parallel()
	part := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"uit3aauHMiBrdygcJgBdd8MqQeTuuyc"}`))
	token := part + "." + part + "." + part
	everyByte := strings.NewReplacer(".", "%2E", "e", "%65").Replace(token)
	for name, text := range map[string]string{
		"alone":                     token,
		"in JSON":                   `{"token":"` + token + `"}`,
		"in a header":               "Set-Auth-Jwt: " + token + "\r\n",
		"in a query":                "Location: /x?token=" + url.QueryEscape(token) + "&50%",
		"percent-encoded":           everyByte,
		"percent-encoded twice":     url.QueryEscape(everyByte),
		"escaped in JSON":           strings.ReplaceAll(token, ".", `\u002e`),
		"in base64":                 base64.StdEncoding.EncodeToString([]byte(token)),
		"in base64 of JSON":         base64.URLEncoding.EncodeToString([]byte(`{"a":1,"token":"` + token + `"}`)),
		"in base64 without padding": base64.RawURLEncoding.EncodeToString([]byte(token + "?")),
		"in base64 behind letters":  "cached-" + base64.StdEncoding.EncodeToString([]byte(token)),
		"in base64 twice":           base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(token)))),
		"in encoded base64":         url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(`{"session":"` + token + `"}`))),
	} {
		if findJWT(text, maxEncodings) == "" {
			t.Errorf("%s: not found in %s", name, text)
		}
	}
	for _, text := range []string{part, part + "." + part, `{"keys":[{"n":"` + part + part + `"}]}`} {
		if found := findJWT(text, maxEncodings); found != "" {
			t.Errorf("%s is not a JWT", found)
		}
	}
}
