import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.config import Config
from paraph.errors import ConfigurationError
from paraph.model import Secret
from paraph_ignisign import checks
from paraph_ignisign.provider import IgnisignProvider
from paraph_ignisign.settings import AppEnv, IgnisignSettings, is_v2, parse_key
from support.ignisign_account import APP_ID, KEY, UUID, account, envelope

OLD = "sk_staging_0d2a7f3e-8e5b-4b0c-9a55-0f9c3b1d2e4f"


def found(environment: str = "test", **options: object) -> list[tuple[str, str]]:
    """Return path and code of what is wrong with these options."""
    settings = IgnisignSettings(**options)  # type: ignore[arg-type] # options of every kind
    problems = dict.fromkeys((*settings.problems(), *settings.credential_problems(environment)))
    return [(problem.path, problem.code) for problem in problems]


def test_options_are_checked_before_secrets_are_resolved() -> None:
    """While a secret still holds its reference, no problem is found inside it."""
    assert () == IgnisignSettings(api_key=Secret("env:IGNISIGN_KEY")).problems()
    old = IgnisignSettings(app_secret=Secret("env:S"), app_id="appId_1", app_env="STAGING")
    assert () == old.problems()


def test_every_option_explains_itself() -> None:
    """Each option has a sentence for people, and nothing secret shows in the settings' repr."""
    for field in attrs.fields(IgnisignSettings):
        assert field.metadata["help"].endswith("."), field.name
    assert "canary" not in repr(IgnisignSettings(api_key=Secret(KEY)))


@given(
    env=st.sampled_from([*AppEnv, "TEST"]),
    uuid=st.uuids(),
    secret=st.text("abcXYZ019_-", min_size=1, max_size=40),
    prefix=st.sampled_from(["skv2", "sk", "x"]),
)
def test_a_v2_key_tells_application_and_environment(env: str, uuid: object, secret: str, prefix: str) -> None:
    """Four parts: prefix, environment, application, secret, which may hold underscores itself."""
    key = Secret(f"{prefix}_{env.lower()}_{uuid}_{secret}")
    credentials = parse_key(key)
    expected = "STAGING" if env == "TEST" else env
    assert (f"appId_{uuid}", expected) == (credentials.app_id, credentials.app_env)
    assert is_v2(key)
    assert credentials.secret is key
    assert not credentials.exchange


def test_an_old_secret_is_no_v2_key() -> None:
    """An old secret also begins with sk_ but holds no application: it must not be read as one."""
    assert not is_v2(Secret(OLD))
    credentials = IgnisignSettings(app_secret=Secret(OLD), app_id="appId_1", app_env="test").credentials()
    assert ("appId_1", "STAGING", True) == (credentials.app_id, credentials.app_env, credentials.exchange)


def test_an_old_secret_as_api_key_needs_its_application() -> None:
    """Three parts are an old secret wherever they stand: application and environment have to be said."""
    key = Secret(OLD)
    assert [("app_id", "credentials.missing"), ("app_env", "credentials.missing")] == found(api_key=key)
    assert [] == found(api_key=key, app_id="appId_1", app_env="STAGING")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [("api_key", "credentials.missing")]),
        ({"api_key": Secret(KEY), "app_secret": Secret(OLD)}, [("app_secret", "credentials.mixed")]),
        ({"api_key": Secret(KEY), "app_env": "DEVELOPMENT"}, [("app_env", "credentials.mixed")]),
        ({"api_key": Secret(KEY), "app_id": "appId_2"}, [("app_id", "credentials.mixed")]),
        ({"api_key": Secret(KEY), "app_id": APP_ID, "app_env": "TEST"}, []),
        ({"api_key": Secret("skv2_staging_x")}, [("api_key", "credentials.malformed")]),
        ({"api_key": Secret(f"skv2_moon_{UUID}_s")}, [("api_key", "credentials.malformed")]),
        ({"api_key": Secret(KEY + "\n")}, [("api_key", "credentials.malformed")]),
        ({"api_key": Secret("")}, [("api_key", "credentials.malformed")]),
        (
            {"app_secret": Secret("skv2_x"), "app_id": "a", "app_env": "STAGING"},
            [("app_secret", "credentials.kind")],
        ),
        ({"app_secret": Secret(OLD), "app_id": "a", "app_env": "MOON"}, [("app_env", "app_env.unknown")]),
        ({"api_key": Secret(KEY), "base_url": ""}, [("base_url", "url.invalid")]),
        ({"api_key": Secret(KEY), "base_url": "http://api.example"}, [("base_url", "url.insecure")]),
        ({"api_key": Secret(KEY), "base_url": "https://u:p@api.example"}, [("base_url", "url.invalid")]),
        ({"api_key": Secret(KEY), "base_url": "http://127.0.0.1:8080/"}, []),
        ({"api_key": Secret(KEY), "sign_url": "https://[bad"}, [("sign_url", "url.invalid")]),
        (
            {"api_key": Secret(KEY), "aes_method": "X", "private_hash": "md5", "jwt_skew": -1},
            [
                ("aes_method", "value.unknown"),
                ("private_hash", "value.unknown"),
                ("jwt_skew", "value.negative"),
            ],
        ),
    ],
)
def test_problems_are_found_all_at_once(options: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """Missing, mixed, malformed and contradictory options are named, each at its place."""
    assert expected == found(**options)


@pytest.mark.parametrize(
    ("environment", "app_env", "right"),
    [
        ("test", "staging", True),
        ("test", "development", True),
        ("test", "production", False),
        ("production", "production", True),
        ("production", "staging", False),
    ],
)
def test_test_accounts_never_hold_production_credentials(
    environment: str, app_env: str, *, right: bool
) -> None:
    """Our own word for the environment and the vendor's must agree, in both directions."""
    problems = found(environment, api_key=Secret(f"skv2_{app_env}_{UUID}_s"))
    assert ([] if right else [("app_env", "environment.mismatch")]) == problems


@pytest.mark.parametrize(("environment", "app_env"), [("production", "STAGING"), ("test", "PRODUCTION")])
def test_the_file_alone_shows_the_wrong_environment(environment: str, app_env: str) -> None:
    """If ``app_env`` says it, no secret is needed to see that the account is for the other world."""
    account = {
        "provider": "ignisign",
        "environment": environment,
        "app_id": "appId_1",
        "app_env": app_env,
        "app_secret": "env:NOBODY",
    }
    with pytest.raises(ConfigurationError) as caught:
        Config.from_mapping({"accounts": {"hr": account}}, environ={})
    (problem,) = caught.value.problems
    assert ("accounts.hr.app_env", "environment.mismatch") == (problem.path, problem.code)


def test_an_environment_that_is_not_said_or_unknown_is_not_compared() -> None:
    """A new key tells its environment itself, and an unknown word is told as such, once."""
    for app_env in (None, "MOON"):
        settings = IgnisignSettings(api_key=Secret(KEY), app_env=app_env)
        assert () == settings.environment_problems("production")


def test_one_round_tells_all_that_is_wrong() -> None:
    """A key of the wrong type hides nothing of the rest, and words are told with the nearest."""
    account = {
        "provider": "ignisign",
        "environment": "test",
        "app_env": "PROD",
        "aes_method": "ADVANCED_STDD",
        "base_url": "api",
        "sign_url": ["x"],
        "jwt_skew": "a",
    }
    with pytest.raises(ConfigurationError, match="did you mean 'ADVANCED_STD'") as caught:
        Config.from_mapping({"accounts": {"hr": account}}, environ={})
    assert {
        ("api_key", "credentials.missing"),
        ("app_env", "app_env.unknown"),
        ("aes_method", "value.type"),
        ("base_url", "url.invalid"),
        ("sign_url", "value.type"),
        ("jwt_skew", "value.type"),
    } == {(each.path.removeprefix("accounts.hr."), each.code) for each in caught.value.problems}


def test_an_account_with_credentials_of_the_other_world_is_unusable() -> None:
    """A test account with a production key is refused before anything is sent, naming the option."""
    wrong = account(api_key=Secret(f"skv2_production_{UUID}_canary"))
    with pytest.raises(ConfigurationError, match=r"accounts\.hr\.app_env") as caught:
        IgnisignProvider().tenant(wrong)
    assert "canary" not in str(caught.value)
    assert ["environment.mismatch"] == [problem.code for problem in checks.check(envelope(), wrong)]


def test_no_problem_shows_a_key() -> None:
    """Neither messages nor the error of using wrong credentials show them."""
    settings = IgnisignSettings(api_key=Secret("skv2_canary"), app_secret=Secret("canary"))
    with pytest.raises(ConfigurationError) as caught:
        settings.credentials()
    assert "canary" not in str(caught.value)
