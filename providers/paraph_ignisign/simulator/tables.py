"""The vendor's words: everything here is data out of the contract, named by its section.

Collected independently of the client; a simulator that shared these tables would share their mistakes.
"""

import re

APP_ENVS = ("DEVELOPMENT", "STAGING", "PRODUCTION")  # contract 3
# Contract 5 and the end of section 2.
APP_TYPES = ("SIGNATURE", "SEAL", "LOG_CAPSULE", "BARE_SIGNATURE", "WEB3", "IGNISIGN_RIGHT_DELEGATION")
# Contract 2, end: two types that the client does not serve at all; what it does not serve of the others is
# refused with FEATURE_NOT_AVAILABLE (assumption).
TYPE_REFUSALS = {"IGNISIGN_RIGHT_DELEGATION": "BAD_REQUEST", "WEB3": "NOT_YET_IMPLEMENTED"}
INTEGRATION_MODES = ("BY_SIDE", "EMBEDDED", "MACHINE_TO_MACHINE")
USER_ROLES = ("ADMIN", "USER", "READER")  # contract 2, user invitations
MONGO_ID = re.compile(r"[0-9a-fA-F]{24}")
DEFAULT_LANGUAGE = "EN"  # of the application's settings (appendix A)
# Appendix B: what a plan may lack; all but BILLING are refused as *_NOT_ENABLED.
PLAN_FEATURES = ("DATA_JSON", "FULL_PRIVACY", "QUALIFIED_SIGNATURE", "EMBEDDED", "BILLING")

# Contract 5: signature methods, lowest first.
METHODS = ("SIMPLE_STD", "ADVANCED_SMS", "ADVANCED_STD", "QUALIFIED_STD")
# Assumption, from the codes CANNOT_UPDATE_SIGNATURE_REQUEST__*_MANDATORY_*: what each method needs to know.
METHOD_INPUTS: dict[str, tuple[str, ...]] = {
    "SIMPLE_STD": (),
    "ADVANCED_SMS": ("firstName", "lastName", "phoneNumber"),
    "ADVANCED_STD": ("firstName", "lastName"),
    "QUALIFIED_STD": ("firstName", "lastName"),
}
# Contract 5: references of identity proofings and authentications; which method asks for which is assumed.
METHOD_CONFIGURATION: dict[str, dict[str, tuple[str, ...]]] = {
    "SIMPLE_STD": {"idProofings": ("SIMPLE_DECLARATION_SES_STD",), "authMethods": ("SIMPLE",)},
    "ADVANCED_SMS": {"idProofings": ("SIMPLE_DECLARATION_SES_SMS",), "authMethods": ("PHONE_SMS",)},
    "ADVANCED_STD": {"idProofings": ("VIDEO_ROBOT_AES",), "authMethods": ("AES_EID",)},
    "QUALIFIED_STD": {"idProofings": ("VIDEO_ROBOT_QES",), "authMethods": ("QES_EID",)},
}
_FOR_ALL = "FOR_ALL_SIGNERS_FOR_THE_SIGNATURE_PROFILE_REQUESTED"
_NAMES = (
    "CANNOT_UPDATE_SIGNATURE_REQUEST__FIRSTNAME_AND_LASTNAME_ARE_MANDARYTORY_FOR_ALL_SIGNER"
    "_WITH_THE_SIGNATURE_PROFILE_REQUESTED"
)
MANDATORY_INPUT_CODES = {
    "email": f"CANNOT_UPDATE_SIGNATURE_REQUEST__EMAIL_IS_MANDATORY_{_FOR_ALL}",
    "firstName": _NAMES,
    "lastName": _NAMES,
    "phoneNumber": f"CANNOT_UPDATE_SIGNATURE_REQUEST__PHONE_NUMBER_IS_MANDATORY_{_FOR_ALL}",
}

# Contract 5 orders the methods and the levels; which belongs to which is read off the names (assumption).
EIDAS_LEVELS = {"SIMPLE_STD": "SES", "ADVANCED_SMS": "AES", "ADVANCED_STD": "AES", "QUALIFIED_STD": "QES"}
# Contract 7.7: the two types of a bare proof; which level makes which is an assumption.
BARE_PROOFS = {"SES": "PKCS7", "AES": "CADES", "QES": "CADES"}

# Contract 5: input references of a signer.
SIGNER_INPUTS = (
    "firstName", "lastName", "email", "phoneNumber", "nationality", "birthDate", "birthPlace", "birthCountry",
)  # fmt: skip

SIGNER_STATES = ("CREATED", "PENDING", "BLOCKED", "ACTIVE", "CORRUPTED")  # contract 5
UNABLE = frozenset({"BLOCKED", "CORRUPTED"})  # who cannot sign (the latter is an assumption)

# Contract 5: groups of request states.
DONE = frozenset({"COMPLETED", "EXPIRED", "FAILED", "CANCELLED"})
CLOSED = DONE | {"LAUNCH_ERROR"}
OPEN = frozenset({"READY", "LAUNCHING", "IN_PROGRESS"})

# Data that cannot be turned into a document: JSON with this text in it ends its request in LAUNCH_ERROR.
LAUNCH_ERROR_MARK = "simulated-launch-error"

DIFFUSION_MODES = ("WHEN_READY", "SCHEDULED")
PROOF_TYPES = ("PDF_WITH_SIGNATURES", "ADVANCED_LEGAL_KIT", "SIGNED_DATA", "C2PA")
LOW_LEVEL_PROOF_TYPES = (
    "CADES", "PKCS7", "PADES_ATTACHED", "JWSDET", "JWSATT", "JADESDET", "JADESATT", "XADESDET", "XADESATT",
    "XMLDSIGDET", "XMLDSIGATT",
)  # fmt: skip
EVENT_FILTERS = ("ALL", "SUCCESS", "FAILED")  # contract 4.7
TOPICS = (
    "APP", "SIGNATURE", "SIGNATURE_REQUEST", "SIGNER", "SIGNATURE_PROFILE", "SIGNATURE_SESSION",
    "SIGNATURE_PROOF", "SIGNATURE_SIGNER_IMAGE", "ID_PROOFING", "SIGNER_AUTH", "ALL",
)  # fmt: skip

# Contract 4.3: the quick start's names; a models' action without a quick-start name is None: not sent.
QUICKSTART_ACTIONS: dict[tuple[str, str], str | None] = {
    ("SIGNATURE_REQUEST", "INITIALIZED"): "INIT",
    ("SIGNATURE_REQUEST", "UPDATED"): "UPDATE",
    ("SIGNATURE_REQUEST", "READY"): "PUBLISH",
    ("SIGNATURE_REQUEST", "COMPLETED"): "CLOSED",
    ("SIGNATURE_REQUEST", "CANCELLED"): "CLOSED",
    ("SIGNATURE_REQUEST", "EXPIRED"): "CLOSED",
    ("SIGNATURE_REQUEST", "FAILED"): None,
    ("SIGNATURE_REQUEST", "CHILDREN_GENERATED"): None,
    ("SIGNATURE_REQUEST", "APPROVER_STEP"): None,
    ("SIGNATURE_PROOF", "ADV_GENERATED"): None,
    ("SIGNATURE", "FINALIZED"): "SIGNATURE_SUCCESS",
    ("SIGNATURE", "FAILED"): "SIGNATURE_FAILED",
    ("SIGNATURE_SESSION", "INITIALIZED"): "STARTED",
    ("SIGNER", "INPUTS_ADDED"): "CLAIM_UPDATED",
}

# Contract 4.3: where the models repeat the action with the nature ERROR, the quick start has a name.
QUICKSTART_FAILURES = frozenset({"SIGNATURE_PROOF", "SIGNATURE_SIGNER_IMAGE"})

# Contract 5: what a signer declares by giving an input.
CLAIMS = {
    "lastName": "NATURAL_PERSON_NAME",
    "email": "EMAIL_POSSESSION",
    "phoneNumber": "PHONE_NUMBER_POSSESSION",
    "nationality": "NATIONALITY",
    "birthDate": "BIRTH_DATE",
    "birthPlace": "BIRTH_PLACE",
    "birthCountry": "BIRTH_COUNTRY",
}

# Contract 9, row 24: the union of the models' list and HE.
LANGUAGES = (
    "AR", "BG", "BN", "CS", "DA", "DE", "EL", "EN", "ES", "ET", "FI", "FR", "GA", "HI", "HR", "HU",
    "IS", "IT", "JA", "KO", "LT", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "RU", "SK", "SL", "SQ",
    "SR", "SV", "TR", "UK", "ZH", "HE",
)  # fmt: skip

# Contract 5: the accepted extensions.
EXTENSIONS = frozenset(
    (
        ".ai", ".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".png", ".ps", ".psd", ".svg", ".tif", ".tiff",
        ".key", ".odp", ".pps", ".ppt", ".pptx", ".ods", ".xls", ".xlsm", ".xlsx", ".3g2", ".3gp",
        ".flv", ".h264", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mpeg", ".rm", ".swf", ".vob", ".wmv",
        ".doc", ".docx", ".odt", ".pdf", ".rtf", ".tex", ".wpd", ".csv", ".tar", ".json", ".xml", ".7z",
        ".arj", ".deb", ".rar", ".rpm", ".z", ".zip", ".txt", ".md",
    )
)  # fmt: skip

# Contract, appendix C.
COUNTRIES = (
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AS", "AT", "AU", "AW", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BR", "BS", "BT", "BW", "BY",
    "BZ", "CA", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI",
    "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GG", "GH", "GI", "GL", "GM", "GN", "GQ",
    "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN",
    "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KM", "KN", "KP", "KR", "KW",
    "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD",
    "ME", "MF", "MG", "MK", "ML", "MM", "MN", "MO", "MR", "MT", "MU", "MV", "MW", "MX", "MY", "MZ",
    "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NZ", "OM", "PA", "PE", "PG", "PH",
    "PK", "PL", "PR", "PS", "PT", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SC", "SD", "SE",
    "SG", "SI", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TD", "TG",
    "TH", "TJ", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "US", "UY", "UZ",
    "VA", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
)  # fmt: skip
