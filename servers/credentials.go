package servers

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The audience that FastAPI and Node require in tokens, and another one.
const (
	tokenAudience = "orders"
	otherAudience = "invoices"
)

// tokenLifetime is longer than any run.
const tokenLifetime = time.Hour

// A Token says what is correct or wrong about a JSON Web Token.
type Token string

const (
	TokenRight         Token = "signed right"
	TokenWrongKey      Token = "wrong key"
	TokenExpired       Token = "expired"
	TokenWrongAudience Token = "wrong audience"
	// TokenUnsigned has alg "none" and no signature:
	// https://www.rfc-editor.org/rfc/rfc7519#section-6.
	TokenUnsigned Token = "alg none"
)

// credentials are the secrets of one system. They are made for it, and end with it.
type credentials struct {
	apiKey string
	secret []byte // what tokens are signed with
}

func newCredentials() credentials {
	return credentials{apiKey: rand.Text(), secret: []byte(rand.Text() + rand.Text())}
}

// env is what a process is told of them by its environment.
func (c credentials) env(key instanceKey) []string {
	switch {
	case key.mechanism == MechanismAPIKey && key.server == nodeServer:
		return []string{"API_KEY=" + c.apiKey}
	case key.mechanism == MechanismAPIKey:
		return []string{"NODE_API_KEY=" + c.apiKey}
	case key.mechanism == MechanismJWT:
		return []string{"JWT_SECRET=" + string(c.secret), "JWT_AUDIENCE=" + tokenAudience}
	}
	return nil
}

// APIKey returns the key that Node requires with [MechanismAPIKey].
func (s *System) APIKey() string { return s.credentials.apiKey }

// Token returns a JSON Web Token of the kind, for [MechanismJWT].
func (s *System) Token(kind Token) (string, error) {
	now := time.Now()
	claims := jwt.RegisteredClaims{
		Subject: "corsproof", Audience: jwt.ClaimStrings{tokenAudience}, ExpiresAt: jwt.NewNumericDate(now.Add(tokenLifetime)),
	}
	var method jwt.SigningMethod = jwt.SigningMethodHS256
	var key any = s.credentials.secret
	switch kind {
	case TokenRight:
	case TokenWrongKey:
		key = []byte(rand.Text() + rand.Text())
	case TokenExpired:
		claims.ExpiresAt = jwt.NewNumericDate(now.Add(-tokenLifetime))
	case TokenWrongAudience:
		claims.Audience = jwt.ClaimStrings{otherAudience}
	case TokenUnsigned:
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	default:
		return "", fmt.Errorf("create a token: unknown kind %q", kind)
	}
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		return "", fmt.Errorf("create a token (%s): %w", kind, err)
	}
	return token, nil
}
