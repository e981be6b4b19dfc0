"""Speaks OpenID Connect with the provider: discovery, the code flow with PKCE, and checks of its tokens.

Every request goes to an address that the egress guard allows, follows no redirect, and is limited in time and size.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from logloop_chassis.clock import CLOCK
from logloop_chassis.outbound.egress import EgressGuard, refusal_behind
from logloop_chassis.outbound.guarded_http import guarded_transport

from logloop_query.identity.sign_on.failures import SignOnFailed
from logloop_query.identity.sign_on.provider_values import ProviderValues

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that are accepted. Those with a shared secret, and none at all, are not."""
LEEWAY_S = 60
WITHIN_S = 8.0
"""All requests of one step; the gateway waits ten seconds for the response."""
_REQUEST_S = 5.0
_MAX_BYTES = 2**20
_DISCOVERY = "/.well-known/openid-configuration"
_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one sign-in keeps secret until the provider sends the browser back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A person for whom the provider vouches, with all claims, and the token that ends the session there."""

    claims: Mapping[str, Any]
    id_token: str


class Provider:
    """One provider. `redirect_uri` is where it sends browsers back."""

    def __init__(
        self, values: ProviderValues, client_secret: str | None, redirect_uri: str, guard: EgressGuard
    ) -> None:
        self._values = values
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._guard = guard

    async def discover(self) -> Mapping[str, Any]:
        """Return what the provider says about itself. Raises SignOnFailed."""
        async with self._client() as client:
            return await self._metadata(client)

    async def authorization_url(self, attempt: Attempt) -> str:
        """Return the address at which a person signs in. Raises SignOnFailed."""
        async with self._client() as client:
            metadata = await self._metadata(client)
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                code_verifier=attempt.verifier,
                nonce=attempt.nonce,
            )
        return str(url)

    async def identity(self, code: str, attempt: Attempt) -> Identity:
        """Exchange a code for the identity of a person. Raises SignOnFailed."""
        async with self._client() as client:
            metadata = await self._metadata(client)
            client.token_endpoint_auth_method = self._auth_method(metadata)
            token = await self._token(client, metadata["token_endpoint"], code, attempt)
            keys = await self._get(client, metadata["jwks_uri"])
            claims = self._checked(token, keys, attempt)
            if metadata.get("userinfo_endpoint"):
                # Groups are often found only there.
                claims = await self._with_userinfo(client, metadata["userinfo_endpoint"], token, claims)
        return Identity(claims, token["id_token"])

    async def sign_out_url(self, id_token: str, back_to: str) -> str | None:
        """Return the address that ends the session at the provider, None if it has none. Raises SignOnFailed."""
        endpoint = (await self.discover()).get("end_session_endpoint")
        if not isinstance(endpoint, str) or not self._is_as_safe(endpoint):
            return None
        fields = {
            "id_token_hint": id_token,
            "client_id": self._values.client_id,
            "post_logout_redirect_uri": back_to,
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(fields)}"

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Any]:
        options: dict[str, Any] = {"library": "httpx2", "connection_bytes": _MAX_BYTES}
        client = AsyncOAuth2Client(
            self._values.client_id,
            self._client_secret,
            scope=self._values.scopes,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            mounts={
                "http://": guarded_transport(self._guard, "http", **options),
                "https://": guarded_transport(self._guard, "https", **options),
            },
            timeout=_REQUEST_S,
            follow_redirects=False,
            trust_env=False,
        )
        try:
            async with asyncio.timeout(WITHIN_S), client:
                yield client
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            refusal = refusal_behind(error)
            raise SignOnFailed("provider-down", str(refusal or f"{type(error).__name__}: {error}")[:300]) from error

    async def _metadata(self, client: Any) -> Mapping[str, Any]:
        found = await self._get(client, self._values.issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self._values.issuer:
            raise SignOnFailed("provider-down", f"the provider calls itself {str(found.get('issuer'))[:200]!r}")
        for name in _REQUIRED:
            url = found.get(name)
            if not isinstance(url, str) or not self._is_as_safe(url):
                raise SignOnFailed("provider-down", f"the provider states no valid {name}")
        return found

    def _is_as_safe(self, url: str) -> bool:
        """Return whether a URL is https, or http like the issuer itself."""
        return urlsplit(url).scheme in {"https", urlsplit(self._values.issuer).scheme}

    async def _get(self, client: Any, url: str, **headers: str) -> dict[str, Any]:
        response = await client.request("GET", url, withhold_token=True, headers=headers)
        if response.status_code != httpx2.codes.OK:
            raise SignOnFailed("provider-down", f"{url.partition('?')[0][:200]} responded {response.status_code}")
        found = response.json()
        if not isinstance(found, dict):
            raise SignOnFailed("provider-down", f"{url.partition('?')[0][:200]} returned no JSON object")
        return found

    def _auth_method(self, metadata: Mapping[str, Any]) -> str:
        if self._client_secret is None:
            return "none"
        offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    async def _token(self, client: Any, url: str, code: str, attempt: Attempt) -> Mapping[str, Any]:
        try:
            token = await client.fetch_token(url, code=code, code_verifier=attempt.verifier)
        except OAuthError as error:
            refused = error.error in {"invalid_client", "unauthorized_client"}
            raise SignOnFailed("client-refused" if refused else "code-refused", str(error.error)[:100]) from error
        if not isinstance(token.get("id_token"), str):
            raise SignOnFailed("token-invalid", "there is no id_token; the scopes must contain openid")
        return dict(token)

    def _checked(self, token: Mapping[str, Any], keys: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
        """Return the claims of the id_token. Raises SignOnFailed unless all of them are as they must be."""
        issuer, client_id = self._values.issuer, self._values.client_id
        try:
            key_set = KeySet.import_key_set({"keys": keys["keys"]})
            decoded = jwt.decode(token["id_token"], key_set, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": issuer},
                    "aud": {"essential": True, "value": client_id},
                    "sub": {"essential": True},
                },
                {"nonce": attempt.nonce, "client_id": client_id, "access_token": token.get("access_token")},
            )
            claims.validate(now=int(CLOCK.time()), leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SignOnFailed("token-invalid", f"{type(error).__name__}: {error}"[:300]) from error
        if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
            raise SignOnFailed("token-invalid", "sub is not a text of 1 to 255 characters")
        return dict(claims)

    async def _with_userinfo(
        self, client: Any, url: str, token: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if not self._is_as_safe(str(url)):
            raise SignOnFailed("provider-down", "the provider states no valid userinfo_endpoint")
        info = await self._get(client, str(url), Authorization=f"Bearer {token.get('access_token')}")
        if info.get("sub") != claims["sub"]:
            raise SignOnFailed("token-invalid", "userinfo is about another person")
        if claims.get("email", info.get("email")) != info.get("email"):
            info.pop("email_verified", None)  # it is about another address than that of the id_token
        return {**info, **claims}
