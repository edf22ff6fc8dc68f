package jwtauth_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth/issuertest"
)

// TestVerify_RejectsForgedTokens tries known attacks on JWT verifiers. Each token is valid
// except for the part in its name.
func TestVerify_RejectsForgedTokens(t *testing.T) {
	t.Parallel()
	issuer := issuertest.New(t)
	rs := issuer.AddKey(t, "rs", jwt.SigningMethodRS256)
	es := issuer.AddKey(t, "es", jwt.SigningMethodES256)
	ed := issuer.AddKey(t, "ed", jwt.SigningMethodEdDSA)
	// A key that the issuer does not publish.
	attacker := issuertest.New(t).AddKey(t, "attacker", jwt.SigningMethodRS256)
	v := newVerifier(t, issuer)

	forged := map[string]string{}
	good := map[string]any{"alg": "RS256", "kid": "rs"}
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(good)
		changed[name] = value
		return changed
	}
	claims := func(name string, value any) jwt.MapClaims {
		changed := issuertest.Claims("alice")
		changed[name] = value
		return changed
	}

	// No signature, in all spellings.
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", "", "null"} {
		forged["without a signature, with the algorithm "+alg] = part(t, with("alg", alg)) + "." + part(t, issuertest.Claims("alice")) + "."
		forged["with a signature, but the algorithm "+alg] = part(t, with("alg", alg)) + "." + part(t, issuertest.Claims("alice")) + ".c2ln"
	}
	forged["without an algorithm"] = part(t, map[string]any{"kid": "rs"}) + "." + part(t, issuertest.Claims("alice")) + "."

	// HMAC with the public key, in all encodings.
	for name, secret := range publicForms(t, rs) {
		for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
			token := jwt.NewWithClaims(method, issuertest.Claims("alice"))
			token.Header["kid"] = "rs"
			signed, err := token.SignedString(secret)
			if err != nil {
				t.Fatal(err)
			}
			forged[method.Alg()+" with the public key as "+name] = signed
		}
	}

	// A key of another type or algorithm than the header's.
	for _, key := range []issuertest.Key{rs, es, ed} {
		for _, other := range []issuertest.Key{rs, es, ed} {
			if key.ID != other.ID {
				misnamed := issuertest.Key{ID: other.ID, Method: key.Method, Secret: key.Secret}
				forged[key.Method.Alg()+" with the key id of "+other.Method.Alg()] = misnamed.Token(t, issuertest.Claims("alice"), nil)
			}
		}
		parts := strings.Split(key.Token(t, issuertest.Claims("alice"), nil), ".")
		for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
			if alg != key.Method.Alg() {
				forged["signed with "+key.Method.Alg()+" that says "+alg] = part(t, map[string]any{"alg": alg, "kid": key.ID}) + "." + parts[1] + "." + parts[2]
			}
		}
	}

	// A key in the token, or a URL to fetch it from.
	publicKey := attacker.Secret.Public().(*rsa.PublicKey)
	jwk := map[string]any{
		"kty": "RSA", "kid": "rs", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(publicKey.N.Bytes()),
	}
	for name, header := range map[string]map[string]any{
		"brings its key":               {"kid": "rs", "jwk": jwk},
		"brings its key without an id": {"kid": nil, "jwk": jwk},
		"says where its key is":        {"kid": "rs", "jku": "http://127.0.0.1:1/keys"},
		"says where its cert is":       {"kid": "rs", "x5u": "http://127.0.0.1:1/cert"},
		"brings its certificate":       {"kid": "rs", "x5c": []string{"MIIB"}},
		"names another issuer's key":   {"kid": "attacker"},
		"names a file as its key":      {"kid": "../../../../dev/null"},
		"names an SQL statement":       {"kid": "x' UNION SELECT 'rs"},
		"names its key by a number":    {"kid": 1},
		"names its key by a list":      {"kid": []string{"rs"}},
		"names its key by an object":   {"kid": map[string]any{"rs": "rs"}},
		"names its key in capitals":    {"kid": "RS"},
		"names its key with a blank":   {"kid": "rs "},
		"names its key and a NUL":      {"kid": "rs\x00"},
		"has critical extensions":      {"kid": "rs", "crit": []string{"exp"}},
	} {
		forged["of an attacker that "+name] = attacker.Token(t, issuertest.Claims("alice"), header)
	}

	// Extensions that a verifier must understand or reject (RFC 7515, section 4.1.11).
	for name, header := range map[string]map[string]any{
		"unknown":   {"crit": []string{"http://example.com/unknown"}, "http://example.com/unknown": true},
		"a claim":   {"crit": []string{"exp"}, "exp": 1},
		"unencoded": {"crit": []string{"b64"}, "b64": true},
		"none":      {"crit": []string{}},
		"a text":    {"crit": "exp"},
	} {
		forged["signed, with a critical extension: "+name] = rs.Token(t, issuertest.Claims("alice"), header)
	}

	// Invalid times, and those that overflow.
	for name, exp := range map[string]any{
		"text": "tomorrow", "negative": -1, "zero": 0, "a list": []int{1}, "true": true, "null": nil,
		"too small to hold": json.Number("-1e308"), "an object": map[string]any{},
	} {
		forged["whose expiry is "+name] = rs.Token(t, claims("exp", exp), nil)
	}
	forged["valid only in an hour"] = rs.Token(t, claims("nbf", time.Now().Add(time.Hour).Unix()), nil)
	forged["valid only in a minute, beyond the leeway"] = rs.Token(t, claims("nbf", time.Now().Add(time.Minute).Unix()), nil)
	forged["whose start is text"] = rs.Token(t, claims("nbf", "soon"), nil)

	// Claims of another user, or without a user.
	for name, changed := range map[string]jwt.MapClaims{
		"issued to a number":               claims("sub", 1),
		"issued to a list":                 claims("sub", []string{"alice"}),
		"issued to nobody":                 claims("sub", ""),
		"issued to a name with NUL":        claims("sub", "alice\x00bob"),
		"of an issuer in capitals":         claims("iss", strings.ToUpper(issuertest.Name)),
		"of an issuer with a slash":        claims("iss", issuertest.Name+"/"),
		"of several issuers":               claims("iss", []string{issuertest.Name, "http://other.test"}),
		"of no issuer":                     claims("iss", nil),
		"for nobody":                       claims("aud", nil),
		"for an empty list":                claims("aud", []string{}),
		"for others":                       claims("aud", []string{"http://other.test", ""}),
		"for a longer audience":            claims("aud", issuertest.Audience+".evil.example"),
		"for an audience within an object": claims("aud", map[string]any{"0": issuertest.Audience}),
	} {
		forged[name] = rs.Token(t, changed, nil)
	}

	// Signatures that are truncated, re-encoded or empty.
	for _, key := range []issuertest.Key{rs, es, ed} {
		alg, token := key.Method.Alg(), key.Token(t, issuertest.Claims("alice"), nil)
		last := strings.LastIndexByte(token, '.') + 1
		head, signature := token[:last], token[last:]
		raw, err := base64.RawURLEncoding.DecodeString(signature)
		if err != nil {
			t.Fatal(err)
		}
		forged[alg+" without a signature"] = head
		forged[alg+" without the last part"] = head[:last-1]
		forged[alg+" cut by a byte"] = head + base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1])
		forged[alg+" cut by half"] = head + base64.RawURLEncoding.EncodeToString(raw[:len(raw)/2])
		forged[alg+" with an extra byte"] = head + base64.RawURLEncoding.EncodeToString(append(raw[:len(raw):len(raw)], 0))
		forged[alg+" with a signature of zeros"] = head + base64.RawURLEncoding.EncodeToString(make([]byte, len(raw)))
		forged[alg+" with padding"] = head + base64.URLEncoding.EncodeToString(raw) + "="
		forged[alg+" in another alphabet"] = head + base64.RawStdEncoding.EncodeToString(raw) + "+/"
		forged[alg+" with a line break"] = head + signature[:10] + "\n" + signature[10:]
		forged[alg+" with bits at the end"] = head + signature[:len(signature)-1] + respelled(signature[len(signature)-1])
		forged[alg+" with an extra part"] = token + ".e30"
		forged[alg+" with a trailing blank"] = token + " "
		forged[alg+" in quotes"] = `"` + token + `"`
		forged[alg+" twice"] = token + "," + token
	}

	// Headers and payloads that are large, deep or not objects.
	deep := strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000)
	deeper := strings.Repeat(`{"a":`, 50_000) + "1" + strings.Repeat("}", 50_000)
	for name, text := range map[string]string{
		"deep":        `{"alg":"RS256","kid":"rs","x":` + deep + `}`,
		"deeper":      `{"alg":"RS256","kid":"rs","x":` + deeper + `}`,
		"huge":        `{"alg":"RS256","kid":"` + strings.Repeat("x", 1<<20) + `"}`,
		"a list":      `["RS256"]`,
		"a text":      `"RS256"`,
		"null":        `null`,
		"empty":       ``,
		"not UTF-8":   "{\"alg\":\"RS256\",\"kid\":\"\xff\"}",
		"a huge list": `{"alg":"RS256","kid":[` + strings.Repeat("1,", 1<<18) + `1]}`,
	} {
		encoded := base64.RawURLEncoding.EncodeToString([]byte(text))
		forged["whose header is "+name] = encoded + "." + part(t, issuertest.Claims("alice")) + ".c2ln"
		forged["whose claims are "+name] = part(t, good) + "." + encoded + ".c2ln"
	}

	for name, token := range forged {
		t.Run("a token "+name, func(t *testing.T) {
			t.Parallel()
			id, err := v.Verify(t.Context(), token)
			if !errors.Is(err, jwtauth.ErrInvalid) && !errors.Is(err, jwtauth.ErrExpired) || id != (jwtauth.Identity{}) {
				t.Errorf("Verify = %+v, %v", id, err)
			}
		})
	}
	t.Logf("counted: tokens forged %d", len(forged))
}

// FuzzVerify checks that only the token that the issuer has signed is accepted.
func FuzzVerify(f *testing.F) {
	secret := strings.Repeat("0123456789abcdef", 2)
	v, err := jwtauth.New(f.Context(), jwtauth.Config{
		Algorithms: []string{"HS256"}, Secret: secret, Issuer: issuertest.Name, Audience: issuertest.Audience,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	// The same token in each fuzzing process.
	claims := jwt.MapClaims{"iss": issuertest.Name, "aud": issuertest.Audience, "sub": "alice", "iat": 0, "exp": 1 << 33}
	good, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "..", good, good + "=", good + "\n", "eyJhbGciOiJub25lIn0.e30.", "bnVsbA.bnVsbA.bnVsbA", "W10.W10.W10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if id, err := v.Verify(t.Context(), token); err == nil && token != good {
			t.Fatalf("%q was accepted as a token of %+v", token, id)
		}
	})
}

// part encodes a part of a token.
func part(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// publicForms returns encodings of a public key that might be used as an HMAC secret.
func publicForms(t testing.TB, key issuertest.Key) map[string][]byte {
	t.Helper()
	public := key.Secret.Public().(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	number := base64.RawURLEncoding.EncodeToString(public.N.Bytes())
	encoded := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})
	return map[string][]byte{
		"PKIX": pkix, "PKCS #1": pkcs1,
		"PEM": encoded, "PEM without its end": []byte(strings.TrimSpace(string(encoded))),
		"PEM of PKCS #1": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"its number":     public.N.Bytes(), "its number in base64": []byte(number),
		"JWK": []byte(`{"kty":"RSA","n":"` + number + `","e":"AQAB","alg":"RS256","kid":"rs"}`),
	}
}

// respelled returns another last base64 digit that decodes to the same bytes, because the
// length of the signature leaves unused bits.
func respelled(digit byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, digit)+1])
}
