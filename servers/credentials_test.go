package servers

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each kind has the one fault that it is named for, and no other.
func TestTokensHaveTheirOneFault(t *testing.T) {
	t.Parallel()
	s := &System{credentials: newCredentials()}
	key := func(*jwt.Token) (any, error) { return s.credentials.secret, nil }
	for kind, want := range map[Token]error{
		TokenRight: nil, TokenWrongKey: jwt.ErrTokenSignatureInvalid, TokenExpired: jwt.ErrTokenExpired,
		TokenWrongAudience: jwt.ErrTokenInvalidAudience, TokenUnsigned: jwt.ErrTokenSignatureInvalid,
	} {
		text, err := s.Token(kind)
		require.NoError(t, err)
		_, err = jwt.Parse(text, key, jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience(tokenAudience), jwt.WithExpirationRequired())
		assert.ErrorIs(t, err, want, kind)

		var claims jwt.RegisteredClaims
		token, _, err := jwt.NewParser().ParseUnverified(text, &claims)
		require.NoError(t, err)
		assert.Equal(t, kind == TokenUnsigned, token.Method.Alg() == "none", kind)
		assert.Equal(t, kind == TokenExpired, claims.ExpiresAt.Before(time.Now()), kind)
		assert.Equal(t, kind == TokenWrongAudience, claims.Audience[0] != tokenAudience, kind)
	}
	_, err := s.Token("")
	assert.Error(t, err)
}
